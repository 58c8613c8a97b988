SELECT op_id, body FROM refund WHERE tenant_id = $1 ORDER BY refund_id
