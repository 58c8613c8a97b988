SELECT at, reason AS what, NULL AS sale_id, NULL AS number, NULL AS total_minor, NULL AS currency, stamp_id AS id
FROM stamp WHERE customer_id = :customer_id
UNION ALL
SELECT at, 'sale', sale_id, printf('%s-%06d', till_code, number), total_minor, currency, sale_id
FROM sale WHERE customer_id = :customer_id
ORDER BY at DESC, id DESC
LIMIT :limit
