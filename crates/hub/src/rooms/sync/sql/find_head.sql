SELECT head, archived FROM tenants WHERE tenant_id = $1
