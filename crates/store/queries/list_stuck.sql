SELECT o.op_id, o.kind, o.class, o.at, o.reason, o.state,
       coalesce(p.name, '') AS staff, coalesce(j.subject, '') AS subject,
       iif(o.kind IN ('sale_completed', 'sale_refunded'), json_extract(o.payload, '$.total.minor'), NULL) AS amount_minor,
       iif(o.kind IN ('sale_completed', 'sale_refunded'), json_extract(o.payload, '$.total.currency'), NULL) AS amount_currency
FROM outbox o
LEFT JOIN journal j ON j.op_id = o.op_id
LEFT JOIN staff p ON p.id = o.staff_id
WHERE o.state IN ('dead', 'refused')
  AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id)
  AND (o.state = 'dead' OR NOT EXISTS (
      SELECT 1 FROM entity_base e WHERE e.kind = 'conflict' AND e.id = o.op_id))
ORDER BY o.local_no
LIMIT :limit
