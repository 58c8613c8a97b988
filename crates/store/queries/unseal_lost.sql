-- Operations of earlier lives of this database that the restored hub did not send: they go again, in the present life.
UPDATE outbox SET state = 'waiting', incarnation = NULL, seq = NULL, prev_hash = NULL, hash = NULL, reason = NULL
WHERE incarnation IS NOT :incarnation AND confirmed_seq IS NULL AND acked_at IS NULL
  AND state IN ('acked', 'confirmed', 'refused', 'dead')
  AND op_id NOT IN (SELECT op_id FROM settled WHERE how = 'redone')
