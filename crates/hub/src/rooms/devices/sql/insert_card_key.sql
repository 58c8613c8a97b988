INSERT INTO card_keys (tenant_id, key_id, public_key, sealed_seed, created_at) VALUES ($1, $2, $3, $4, $5)
