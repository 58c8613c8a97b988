INSERT INTO quarantine (tenant_id, device_id, incarnation, seq, hash, raw, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, device_id, incarnation, seq, hash) DO NOTHING
