-- Those of an id in the order in which they came: of one moment, by the life and its chain.
SELECT op_id, incarnation, seq, content_hash, result, received_at FROM operations
WHERE tenant_id = $1 AND op_id IN ($2)
ORDER BY received_at, incarnation, seq
