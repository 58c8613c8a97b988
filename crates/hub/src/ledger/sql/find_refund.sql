SELECT body FROM refund WHERE tenant_id = $1 AND refund_id = $2
