INSERT INTO operations (tenant_id, device_id, incarnation, seq, op_id, hash, content_hash, result, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
