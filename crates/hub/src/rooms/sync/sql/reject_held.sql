DELETE FROM quarantine WHERE tenant_id = $1 AND device_id = $2
