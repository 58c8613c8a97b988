SELECT op_id, body FROM stamp WHERE tenant_id = $1 ORDER BY stamp_id
