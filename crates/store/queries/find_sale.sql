SELECT s.sale_id, s.body, s.pending, s.currency,
       coalesce((SELECT w.name FROM staff w WHERE w.id = s.staff_id), '') AS staff,
       coalesce((SELECT c.name FROM customer c WHERE c.id = s.customer_id), '') AS customer,
       coalesce((SELECT sum(r.total_minor) FROM refund r WHERE r.sale_id = s.sale_id), 0) AS refunded_minor
FROM sale s
WHERE s.sale_id = :sale_id
