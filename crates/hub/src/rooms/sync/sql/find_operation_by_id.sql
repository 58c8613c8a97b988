SELECT content_hash, result, received_at FROM operations
WHERE tenant_id = $1 AND op_id = $2
ORDER BY received_at
LIMIT 1
