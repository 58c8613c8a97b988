SELECT count(*) AS ops FROM outbox
