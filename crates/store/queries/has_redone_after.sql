SELECT EXISTS (
    SELECT 1 FROM outbox o JOIN settled s ON s.op_id = o.op_id
    WHERE s.how = 'redone' AND o.incarnation = :incarnation AND o.seq > :last_seq) AS there
