SELECT sale_id AS id FROM sale
UNION ALL SELECT refund_id FROM refund
UNION ALL SELECT stamp_id FROM stamp
UNION ALL SELECT entry_id FROM stock
UNION ALL SELECT entry_id FROM cash
