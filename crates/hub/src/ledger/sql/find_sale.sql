SELECT body FROM sale WHERE tenant_id = $1 AND sale_id = $2
