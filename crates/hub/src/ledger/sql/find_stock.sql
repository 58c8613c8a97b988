SELECT body FROM stock WHERE tenant_id = $1 AND entry_id = $2
