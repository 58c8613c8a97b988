-- `:query` is folded text; the empty one finds everything. `:number` is the number within it, or NULL.
SELECT s.sale_id, s.body, s.pending, s.currency,
       coalesce(w.name, '') AS staff,
       coalesce(c.name, '') AS customer,
       coalesce((SELECT sum(r.total_minor) FROM refund r WHERE r.sale_id = s.sale_id), 0) AS refunded_minor
FROM sale s
LEFT JOIN staff w ON w.id = s.staff_id
LEFT JOIN customer c ON c.id = s.customer_id
WHERE :query = ''
   OR s.number = :number
   OR instr(fold(printf('%s-%06d', s.till_code, s.number)), :query) > 0
   OR instr(fold(coalesce(c.name, '')), :query) > 0
   OR EXISTS (SELECT 1 FROM sale_line l WHERE l.sale_id = s.sale_id AND instr(fold(l.name), :query) > 0)
ORDER BY s.at DESC, s.number DESC, s.sale_id DESC
LIMIT :limit
