INSERT INTO stamp (stamp_id, op_id, customer_id, stamps, reason, at, staff_id, device_id, pending)
VALUES (:stamp_id, :op_id, :customer_id, :stamps, :reason, :at, :staff_id, :device_id, :pending)
ON CONFLICT (stamp_id) DO UPDATE SET pending = 0, op_id = coalesce(excluded.op_id, op_id) WHERE excluded.pending = 0 AND stamp.pending = 1
