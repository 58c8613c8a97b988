-- Customers not seen since :quiet_since, with how often they came in the window before their last visit. A visit is a
-- local day with a stamp or a sale.
WITH visited AS (
    SELECT customer_id, local_day(at) AS day, max(at) AS at
    FROM (
        SELECT customer_id, at FROM stamp WHERE reason = 'given' AND at >= :since AND at <= :now
        UNION ALL
        SELECT customer_id, at FROM sale WHERE customer_id IS NOT NULL AND at >= :since AND at <= :now
    )
    GROUP BY customer_id, day
),
last AS (
    SELECT customer_id, max(at) AS last_at FROM visited GROUP BY customer_id HAVING max(at) <= :quiet_since
)
SELECT l.customer_id, c.name, l.last_at, min(v.at) AS first_at, count(*) AS visits
FROM last l
JOIN visited v ON v.customer_id = l.customer_id AND v.at > l.last_at - :window_ms
JOIN customer c ON c.id = l.customer_id
GROUP BY l.customer_id
HAVING count(*) >= :visits_min
ORDER BY visits DESC, last_at DESC
