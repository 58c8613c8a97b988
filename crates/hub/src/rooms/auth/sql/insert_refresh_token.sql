INSERT INTO refresh_tokens (token_hash, family_id, expires_at) VALUES ($1, $2, $3)
