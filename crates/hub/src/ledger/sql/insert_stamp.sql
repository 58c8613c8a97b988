INSERT INTO stamp (tenant_id, stamp_id, op_id, customer_id, stamps, reason, at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
