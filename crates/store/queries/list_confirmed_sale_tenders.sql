SELECT t.sale_id, t.position, t.kind, t.amount_minor, t.reference
FROM sale_tender t WHERE NOT EXISTS (SELECT 1 FROM sale s WHERE s.sale_id = t.sale_id AND s.pending = 1)
