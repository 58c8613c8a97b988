INSERT INTO stamp_balance (tenant_id, customer_id, balance, last_given_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, customer_id) DO UPDATE SET
    balance = excluded.balance,
    last_given_at = excluded.last_given_at
