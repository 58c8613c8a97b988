SELECT head, archived, clock_ms, clock_counter FROM tenants WHERE tenant_id = $1
