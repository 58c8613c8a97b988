SELECT head, hub_device_id FROM tenants WHERE tenant_id = $1
