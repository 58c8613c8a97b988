SELECT tenant_id, head FROM tenants ORDER BY tenant_id
