INSERT INTO dead_letters (tenant_id, device_id, incarnation, seq, op_id, raw, reason, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
