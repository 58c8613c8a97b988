SELECT tenant_id FROM tenants WHERE publishable_key = $1
