SELECT tenant_id, archived FROM tenants WHERE archived < head ORDER BY tenant_id
