SELECT tenant_id, head, archived FROM tenants WHERE archived > head OR archived < 0 ORDER BY tenant_id
