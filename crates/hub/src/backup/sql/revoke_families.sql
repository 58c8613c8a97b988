-- A refresh token that was used up after the backup must not be good again.
UPDATE refresh_families SET revoked_at = $1 WHERE revoked_at IS NULL
