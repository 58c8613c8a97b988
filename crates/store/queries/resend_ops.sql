UPDATE outbox SET state = 'sealed'
WHERE incarnation = :incarnation AND seq >= :from_seq AND state NOT IN ('waiting', 'sealed')
