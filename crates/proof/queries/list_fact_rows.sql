SELECT 'sale' AS name, s.sale_id AS id, s.op_id, s.pending, s.total_minor AS amount,
       (SELECT count(*) FROM sale_line l WHERE l.sale_id = s.sale_id)
     + (SELECT count(*) FROM sale_tender t WHERE t.sale_id = s.sale_id) AS parts
FROM sale s
UNION ALL
SELECT 'refund', r.refund_id, r.op_id, r.pending, r.total_minor,
       (SELECT count(*) FROM refund_line l WHERE l.refund_id = r.refund_id)
FROM refund r
UNION ALL SELECT 'stamp', stamp_id, op_id, pending, stamps, 0 FROM stamp
UNION ALL SELECT 'stock', entry_id, op_id, pending, quantity_milli, 0 FROM stock
UNION ALL SELECT 'cash', entry_id, op_id, pending, amount_minor, 0 FROM cash
