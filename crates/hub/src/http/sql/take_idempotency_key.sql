INSERT INTO idempotency (scope, idem_key, request_hash, status, answer, created_at) VALUES ($1, $2, $3, 0, '', $4)
ON CONFLICT (scope, idem_key) DO NOTHING
