SELECT user_id, tenant_id, password_hash FROM users WHERE email = $1
