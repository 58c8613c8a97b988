SELECT request_hash, status, answer FROM idempotency WHERE scope = $1 AND idem_key = $2
