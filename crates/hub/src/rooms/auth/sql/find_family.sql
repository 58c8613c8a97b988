SELECT f.user_id, f.tenant_id, u.email FROM refresh_families f
JOIN users u ON u.user_id = f.user_id
WHERE f.family_id = $1 AND f.revoked_at IS NULL
