SELECT tenant_id, 'sale' AS kind, sale_id AS id FROM sale
UNION ALL SELECT tenant_id, 'refund', refund_id FROM refund
UNION ALL SELECT tenant_id, 'stamp', stamp_id FROM stamp
UNION ALL SELECT tenant_id, 'stock', entry_id FROM stock
UNION ALL SELECT tenant_id, 'cash', entry_id FROM cash
UNION ALL SELECT tenant_id, event, shift_id FROM shift
