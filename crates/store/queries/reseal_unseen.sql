-- Operations of the present life that the restored hub should have but did not send.
UPDATE outbox SET state = 'sealed', reason = NULL
WHERE incarnation = :incarnation AND confirmed_seq IS NULL AND acked_at IS NULL AND state NOT IN ('waiting', 'sealed')
  AND op_id NOT IN (SELECT op_id FROM settled WHERE how = 'redone')
