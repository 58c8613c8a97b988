SELECT op_id, body FROM stock WHERE tenant_id = $1 ORDER BY entry_id
