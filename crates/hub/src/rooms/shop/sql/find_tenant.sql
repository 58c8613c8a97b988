SELECT publishable_key, head, archived FROM tenants WHERE tenant_id = $1
