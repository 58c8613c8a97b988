SELECT clock_flagged_at FROM devices WHERE tenant_id = $1 AND device_id = $2
