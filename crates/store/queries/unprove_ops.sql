-- What the hub said before counts no more, also of an operation that it has asked for again meanwhile: only what it sends
-- again proves that it has one.
UPDATE outbox SET confirmed_seq = NULL, acked_at = NULL WHERE confirmed_seq IS NOT NULL OR acked_at IS NOT NULL
