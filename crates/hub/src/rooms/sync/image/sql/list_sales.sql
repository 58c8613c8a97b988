SELECT op_id, body FROM sale WHERE tenant_id = $1 ORDER BY sale_id
