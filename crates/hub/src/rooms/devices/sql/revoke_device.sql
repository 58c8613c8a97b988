UPDATE devices SET revoked_at = COALESCE(revoked_at, $3)
WHERE tenant_id = $1 AND device_id = $2
RETURNING revoked_at
