SELECT s.sale_id, s.body, s.pending, s.currency,
       coalesce(w.name, '') AS staff,
       coalesce(c.name, '') AS customer,
       coalesce((SELECT sum(r.total_minor) FROM refund r WHERE r.sale_id = s.sale_id), 0) AS refunded_minor
FROM sale s
LEFT JOIN staff w ON w.id = s.staff_id
LEFT JOIN customer c ON c.id = s.customer_id
WHERE s.sale_id = :sale_id
