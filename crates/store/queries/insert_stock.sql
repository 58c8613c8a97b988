INSERT INTO stock (entry_id, op_id, product_id, quantity_milli, reason, at, device_id, pending)
VALUES (:entry_id, :op_id, :product_id, :quantity_milli, :reason, :at, :device_id, :pending)
ON CONFLICT (entry_id) DO UPDATE SET pending = 0, op_id = coalesce(excluded.op_id, op_id) WHERE excluded.pending = 0 AND stock.pending = 1
