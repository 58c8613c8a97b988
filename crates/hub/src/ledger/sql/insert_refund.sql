INSERT INTO refund (tenant_id, refund_id, op_id, sale_id, at, currency, total_minor, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
