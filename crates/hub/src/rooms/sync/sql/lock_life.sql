INSERT INTO device_lives (tenant_id, device_id, incarnation, last_seq, last_hash, started_at) VALUES ($1, $2, $3, 0, $4, $5)
ON CONFLICT (tenant_id, device_id, incarnation) DO UPDATE SET last_seq = device_lives.last_seq
RETURNING last_seq, last_hash
