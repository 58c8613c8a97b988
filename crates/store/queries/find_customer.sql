SELECT c.id, c.body,
       coalesce((SELECT b.balance FROM stamp_balance b WHERE b.customer_id = c.id), 0) AS balance,
       nullif(max(coalesce((SELECT b.last_at FROM stamp_balance b WHERE b.customer_id = c.id), 0),
                  coalesce((SELECT max(s.at) FROM sale s WHERE s.customer_id = c.id), 0)), 0) AS last_seen_at
FROM customer c
WHERE c.id = :id
