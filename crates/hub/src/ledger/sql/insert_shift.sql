INSERT INTO shift (tenant_id, shift_id, event, op_id, device_id, at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
