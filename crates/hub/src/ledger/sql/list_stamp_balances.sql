SELECT customer_id, balance, last_given_at FROM stamp_balance WHERE tenant_id = $1 AND customer_id IN ($2)
