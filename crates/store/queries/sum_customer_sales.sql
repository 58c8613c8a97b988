SELECT currency, count(*) AS sales, sum(total_minor) AS spent_minor,
       (SELECT coalesce(sum(r.total_minor), 0) FROM refund r
        WHERE r.currency = s.currency AND r.sale_id IN (SELECT x.sale_id FROM sale x WHERE x.customer_id = :customer_id)
       ) AS refunded_minor
FROM sale s
WHERE customer_id = :customer_id AND currency = :currency
GROUP BY currency
