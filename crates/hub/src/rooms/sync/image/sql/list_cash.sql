SELECT op_id, body FROM cash WHERE tenant_id = $1 ORDER BY entry_id
