INSERT INTO sale (tenant_id, sale_id, op_id, device_id, till_code, number, at, customer_id, currency, total_minor, tax_minor, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
