INSERT INTO users (user_id, tenant_id, email, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (email) DO NOTHING
