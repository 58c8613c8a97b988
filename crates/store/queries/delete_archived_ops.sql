DELETE FROM outbox
WHERE local_no IN (SELECT value FROM json_each(:local_nos)) AND state = 'confirmed' AND confirmed_seq <= :archived
