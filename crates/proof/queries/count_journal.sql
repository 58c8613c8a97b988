SELECT count(*) AS entries FROM journal
