SELECT seq, hash FROM outbox WHERE incarnation = :incarnation ORDER BY seq DESC LIMIT 1
