UPDATE tenants SET tills = tills + 1 WHERE tenant_id = $1 RETURNING tills
