DELETE FROM quarantine
WHERE tenant_id = $1 AND device_id = $2 AND incarnation = $3 AND seq = $4 AND hash = $5
