INSERT INTO clash (kind, id, field, mine, theirs, at) VALUES (:kind, :id, :field, :mine, :theirs, :at)
ON CONFLICT (kind, id, field) DO UPDATE SET
    mine = excluded.mine, theirs = excluded.theirs, at = excluded.at, decided_at = NULL
