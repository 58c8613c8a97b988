UPDATE idempotency SET status = $3, answer = $4 WHERE scope = $1 AND idem_key = $2
