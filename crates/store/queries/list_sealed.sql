-- By its state: by its place, everything that was ever answered would be passed on the way.
SELECT op_id, incarnation, seq, prev_hash, staff_id, at, hlc_ms, hlc_counter, kind, version, payload, redoes
FROM outbox INDEXED BY outbox_state
WHERE state = 'sealed' AND incarnation = :incarnation AND seq > :after ORDER BY seq LIMIT :limit
