-- What came back is taken off; a typed-in line counts under its name.
SELECT product_id, max(name) AS name, sum(quantity_milli) AS quantity_milli, sum(total_minor) AS revenue_minor
FROM (
    SELECT l.product_id, l.name, l.quantity_milli, l.total_minor
    FROM sale s JOIN sale_line l ON l.sale_id = s.sale_id
    WHERE s.at >= :from AND s.at < :to
    UNION ALL
    SELECT l.product_id, l.name, -l.quantity_milli, -l.total_minor
    FROM refund r JOIN refund_line l ON l.refund_id = r.refund_id
    WHERE r.at >= :from AND r.at < :to
)
GROUP BY coalesce(product_id, 'typed in: ' || name)
HAVING sum(total_minor) > 0
ORDER BY revenue_minor DESC, name
LIMIT :limit
