UPDATE tenants SET head = $2 WHERE tenant_id = $1
