INSERT INTO cash (entry_id, op_id, shift_id, amount_minor, currency, reason, note, at, staff_id, device_id, pending)
VALUES (:entry_id, :op_id, :shift_id, :amount_minor, :currency, :reason, :note, :at, :staff_id, :device_id, :pending)
ON CONFLICT (entry_id) DO UPDATE SET pending = 0, op_id = coalesce(excluded.op_id, op_id) WHERE excluded.pending = 0 AND cash.pending = 1
