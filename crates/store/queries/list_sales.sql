-- `:query` is folded text; the empty one finds everything. `:number` is set when it is a bare number: then that very
-- number is meant, not those that contain it. Names come from subqueries, not joins: a join would lay out the whole
-- view of customers first.
SELECT s.sale_id, s.body, s.pending, s.currency,
       coalesce((SELECT w.name FROM staff w WHERE w.id = s.staff_id), '') AS staff,
       coalesce((SELECT c.name FROM customer c WHERE c.id = s.customer_id), '') AS customer,
       coalesce((SELECT sum(r.total_minor) FROM refund r WHERE r.sale_id = s.sale_id), 0) AS refunded_minor
FROM sale s
WHERE :query = ''
   OR s.number = :number
   OR :number IS NULL AND instr(fold(printf('%s-%06d', s.till_code, s.number)), :query) > 0
   OR s.customer_id IN (SELECT c.id FROM customer c WHERE instr(fold(c.name), :query) > 0)
   OR s.sale_id IN (SELECT l.sale_id FROM sale_line l WHERE instr(fold(l.name), :query) > 0)
ORDER BY s.at DESC, s.sale_id DESC
LIMIT :limit
