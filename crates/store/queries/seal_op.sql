UPDATE outbox SET incarnation = :incarnation, seq = :seq, prev_hash = :prev_hash, hash = :hash, state = 'sealed'
WHERE local_no = :local_no AND state = 'waiting'
