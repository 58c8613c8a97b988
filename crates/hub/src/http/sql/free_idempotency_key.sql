DELETE FROM idempotency WHERE scope = $1 AND idem_key = $2
