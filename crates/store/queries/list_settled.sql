SELECT o.op_id, o.kind, o.class, o.at, o.reason, o.state,
       coalesce(p.name, '') AS staff, coalesce(j.subject, '') AS subject,
       iif(o.kind IN ('sale_completed', 'sale_refunded'), json_extract(o.payload, '$.total.minor'), NULL) AS amount_minor,
       iif(o.kind IN ('sale_completed', 'sale_refunded'), json_extract(o.payload, '$.total.currency'), NULL) AS amount_currency,
       s.how, s.at AS settled_at, coalesce(d.name, '') AS settled_by
FROM settled s
JOIN outbox o ON o.op_id = s.op_id
LEFT JOIN journal j ON j.op_id = o.op_id
LEFT JOIN staff p ON p.id = o.staff_id
LEFT JOIN staff d ON d.id = s.staff_id
ORDER BY s.at DESC, s.op_id
LIMIT :limit
