SELECT m.id, m.body,
       (SELECT min(v.starts_at) FROM visit v
        WHERE v.merchant_id = m.id AND v.status = 'booked' AND v.starts_at >= :now) AS next_visit_at
FROM merchant m
WHERE :merchant_id IS NULL OR m.id = :merchant_id
ORDER BY fold(m.name), m.id
