INSERT INTO stamp_balance (tenant_id, customer_id, balance, last_given_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, customer_id) DO UPDATE SET
    balance = stamp_balance.balance + excluded.balance,
    last_given_at = CASE
        WHEN excluded.last_given_at IS NULL THEN stamp_balance.last_given_at
        WHEN stamp_balance.last_given_at IS NULL THEN excluded.last_given_at
        WHEN excluded.last_given_at > stamp_balance.last_given_at THEN excluded.last_given_at
        ELSE stamp_balance.last_given_at
    END
RETURNING balance
