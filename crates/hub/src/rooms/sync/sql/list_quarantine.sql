SELECT raw, received_at FROM quarantine WHERE tenant_id = $1 AND device_id = $2
ORDER BY incarnation, seq, received_at, hash
LIMIT $3 OFFSET $4
