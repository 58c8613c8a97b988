-- One that is sent but unanswered goes once more, for its answer alone.
UPDATE outbox SET
    state = CASE state WHEN 'acked' THEN 'confirmed' ELSE state END,
    confirmed_seq = :seq
WHERE incarnation = :incarnation AND seq <= :last_seq AND confirmed_seq IS NULL AND state <> 'waiting'
