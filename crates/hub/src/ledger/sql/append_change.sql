INSERT INTO changes (tenant_id, seq, op_id, row_count, body) VALUES ($1, $2, $3, $4, $5)
