DELETE FROM outbox WHERE local_no = :local_no
