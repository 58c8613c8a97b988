-- Operations of earlier lives of this database that the restored hub did not send: they go again, in the present life.
UPDATE outbox SET state = 'waiting', incarnation = NULL, seq = NULL, prev_hash = NULL, hash = NULL, reason = NULL,
    acked_at = NULL
WHERE incarnation IS NOT :incarnation AND state IN ('acked', 'confirmed', 'dead') AND confirmed_seq IS NULL
