SELECT tenant_id, device_id, public_key, token_hash, revoked_at FROM devices WHERE token_hash = $1
