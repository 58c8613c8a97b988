UPDATE devices SET clock_flagged_at = $3 WHERE tenant_id = $1 AND device_id = $2
