INSERT INTO pairing_codes (code_hash, tenant_id, expires_at) VALUES ($1, $2, $3)
