SELECT seq AS last FROM sqlite_sequence WHERE name = 'outbox'
