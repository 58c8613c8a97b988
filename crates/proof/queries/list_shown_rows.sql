SELECT sale_id AS id FROM sale
UNION ALL SELECT stamp_id FROM stamp
UNION ALL SELECT id FROM customer
UNION ALL SELECT id FROM visit
