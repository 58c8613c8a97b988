INSERT INTO refund (refund_id, op_id, sale_id, device_id, at, staff_id, shift_id, currency, total_minor, tax_minor, tender_kind, reason, body, pending)
VALUES (:refund_id, :op_id, :sale_id, :device_id, :at, :staff_id, :shift_id, :currency, :total_minor, :tax_minor, :tender_kind, :reason, :body, :pending)
ON CONFLICT (refund_id) DO UPDATE SET pending = 0, op_id = coalesce(excluded.op_id, op_id) WHERE excluded.pending = 0 AND refund.pending = 1
