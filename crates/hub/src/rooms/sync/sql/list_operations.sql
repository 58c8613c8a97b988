SELECT seq, hash, result FROM operations
WHERE tenant_id = $1 AND device_id = $2 AND incarnation = $3 AND seq BETWEEN $4 AND $5
ORDER BY seq
