-- Own facts without a word of the hub's, whose operations are not in the outbox. Entries that belong to a sale or a
-- refund come with it.
WITH orphan AS (
    SELECT 'sale' AS fact, op_id, device_id, staff_id, at, body FROM sale
    WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox)
    UNION ALL
    SELECT 'refund', op_id, device_id, staff_id, at, body FROM refund
    WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox)
    UNION ALL
    SELECT 'stamp', op_id, device_id, staff_id, at, json_object('stamp_id', stamp_id, 'customer_id', customer_id) FROM stamp
    WHERE pending = 1 AND reason = 'given' AND op_id NOT IN (SELECT op_id FROM outbox)
    UNION ALL
    SELECT 'stock', op_id, device_id, NULL, at,
        json_object('product_id', product_id, 'quantity', quantity_milli, 'reason', reason) FROM stock
    WHERE pending = 1 AND reason NOT IN ('sold', 'returned') AND op_id NOT IN (SELECT op_id FROM outbox)
    UNION ALL
    SELECT 'cash', op_id, device_id, staff_id, at,
        json_object('shift_id', shift_id, 'amount', json_object('minor', amount_minor, 'currency', currency),
            'reason', reason, 'note', note) FROM cash
    WHERE pending = 1 AND reason IN ('paid_in', 'paid_out', 'drop') AND op_id NOT IN (SELECT op_id FROM outbox)
)
SELECT orphan.*, coalesce(first.redoes, settled.op_id) AS redoes
FROM orphan
LEFT JOIN settled ON settled.redone_as = orphan.op_id
LEFT JOIN outbox first ON first.op_id = settled.op_id
