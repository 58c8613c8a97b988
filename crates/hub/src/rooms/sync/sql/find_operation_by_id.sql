-- The first that came: of one moment, by the life and its chain.
SELECT content_hash, result, received_at FROM operations
WHERE tenant_id = $1 AND op_id = $2
ORDER BY received_at, incarnation, seq
LIMIT 1
