INSERT INTO devices (tenant_id, device_id, till_code, name, public_key, token_hash, paired_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, device_id) DO UPDATE SET
    name = excluded.name,
    public_key = excluded.public_key,
    token_hash = excluded.token_hash,
    paired_at = excluded.paired_at,
    revoked_at = NULL
