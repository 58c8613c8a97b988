SELECT device_id, incarnation, last_seq FROM device_lives WHERE tenant_id = $1
