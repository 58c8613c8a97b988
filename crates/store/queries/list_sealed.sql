SELECT op_id, incarnation, seq, prev_hash, staff_id, at, hlc_ms, hlc_counter, kind, version, payload, redoes
FROM outbox WHERE incarnation = :incarnation AND seq > :after AND state = 'sealed' ORDER BY seq LIMIT :limit
