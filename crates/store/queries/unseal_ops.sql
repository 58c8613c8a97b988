-- What the hub has published already needs no second sending.
UPDATE outbox SET
    state = CASE WHEN confirmed_seq IS NULL THEN 'waiting' ELSE 'confirmed' END,
    incarnation = CASE WHEN confirmed_seq IS NULL THEN NULL ELSE incarnation END,
    seq = CASE WHEN confirmed_seq IS NULL THEN NULL ELSE seq END,
    prev_hash = CASE WHEN confirmed_seq IS NULL THEN NULL ELSE prev_hash END,
    hash = CASE WHEN confirmed_seq IS NULL THEN NULL ELSE hash END
WHERE state = 'sealed'
