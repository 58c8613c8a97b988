UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = 'outbox'
