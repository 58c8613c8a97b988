SELECT kind, state, count(*) AS ops FROM outbox GROUP BY kind, state ORDER BY kind, state
