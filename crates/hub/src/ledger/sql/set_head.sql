UPDATE tenants SET head = $2, clock_ms = $3, clock_counter = $4, heard_ms = $5 WHERE tenant_id = $1
