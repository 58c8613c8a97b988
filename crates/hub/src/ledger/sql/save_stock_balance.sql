INSERT INTO stock_balance (tenant_id, product_id, quantity_milli) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, product_id) DO UPDATE SET quantity_milli = excluded.quantity_milli
