UPDATE outbox SET state = 'sealed', reason = NULL, acked_at = NULL, confirmed_seq = NULL
WHERE incarnation = :incarnation AND seq > :last_seq AND state <> 'waiting'
