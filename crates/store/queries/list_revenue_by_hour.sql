SELECT local_hour(at) AS hour, sum(amount_minor) AS revenue_minor, sum(sales) AS sales
FROM (
    SELECT at, total_minor AS amount_minor, 1 AS sales FROM sale WHERE at >= :from AND at < :to
    UNION ALL
    SELECT at, -total_minor, 0 FROM refund WHERE at >= :from AND at < :to
)
GROUP BY hour ORDER BY hour
