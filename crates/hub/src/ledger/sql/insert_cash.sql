INSERT INTO cash (tenant_id, entry_id, op_id, shift_id, amount_minor, currency, reason, at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
