UPDATE refresh_families SET revoked_at = $2
WHERE revoked_at IS NULL AND family_id IN (
    SELECT family_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NOT NULL
)
