UPDATE outbox SET
    state = CASE WHEN confirmed_seq IS NULL THEN 'acked' ELSE 'confirmed' END,
    acked_at = :now
WHERE op_id = :op_id AND state = 'sealed'
