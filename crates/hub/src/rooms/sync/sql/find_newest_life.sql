SELECT last_seq FROM device_lives WHERE tenant_id = $1 AND device_id = $2
ORDER BY started_at DESC, incarnation DESC
LIMIT 1
