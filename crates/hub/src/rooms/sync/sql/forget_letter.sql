DELETE FROM dead_letters WHERE tenant_id = $1 AND device_id = $2 AND incarnation = $3 AND seq = $4
