UPDATE device_lives SET last_seq = $4, last_hash = $5
WHERE tenant_id = $1 AND device_id = $2 AND incarnation = $3
