UPDATE tenants SET head = head WHERE tenant_id = $1
RETURNING head, hub_device_id, clock_ms, clock_counter, heard_ms
