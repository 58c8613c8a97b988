SELECT l.refund_id, l.position, l.line_id, l.product_id, l.name, l.quantity_milli, l.total_minor, l.tax_minor, l.restock
FROM refund_line l WHERE NOT EXISTS (SELECT 1 FROM refund r WHERE r.refund_id = l.refund_id AND r.pending = 1)
