-- What the hub said before counts no more: only what it sends again proves that it has an operation.
UPDATE outbox SET confirmed_seq = NULL, acked_at = NULL WHERE state NOT IN ('waiting', 'sealed')
