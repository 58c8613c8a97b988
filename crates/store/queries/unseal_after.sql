-- Into the next life of the database, without those that were done again.
UPDATE outbox SET state = 'waiting', incarnation = NULL, seq = NULL, prev_hash = NULL, hash = NULL, reason = NULL,
    acked_at = NULL, confirmed_seq = NULL
WHERE incarnation = :incarnation AND seq > :last_seq AND state <> 'waiting'
  AND op_id NOT IN (SELECT op_id FROM settled WHERE how = 'redone')
