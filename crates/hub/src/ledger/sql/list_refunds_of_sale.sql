SELECT body FROM refund WHERE tenant_id = $1 AND sale_id = $2
