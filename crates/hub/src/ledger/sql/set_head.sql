UPDATE tenants SET head = $2, clock_ms = $3, clock_counter = $4 WHERE tenant_id = $1
