UPDATE outbox SET confirmed_seq = NULL WHERE confirmed_seq IS NOT NULL
