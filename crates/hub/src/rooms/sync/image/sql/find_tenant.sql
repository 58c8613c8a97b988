SELECT head, hub_device_id, clock_ms, clock_counter FROM tenants WHERE tenant_id = $1
