INSERT INTO stock (tenant_id, entry_id, op_id, product_id, quantity_milli, reason, at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
