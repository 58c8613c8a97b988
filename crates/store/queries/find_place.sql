SELECT
    EXISTS (SELECT 1 FROM outbox WHERE incarnation = :incarnation AND seq = :seq) AS there,
    coalesce((SELECT max(seq) FROM outbox WHERE incarnation = :incarnation), 0) AS last_seq
