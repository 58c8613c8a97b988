INSERT INTO shift (shift_id, device_id, opened_by, opened_at, opening_float_minor, currency, op_id, pending)
VALUES (:shift_id, :device_id, :opened_by, :opened_at, :opening_float_minor, :currency, :op_id, :pending)
-- The closing may have come first, from a till whose opening is still on its way.
ON CONFLICT (shift_id) DO UPDATE SET
    opened_by = excluded.opened_by,
    opened_at = excluded.opened_at,
    opening_float_minor = excluded.opening_float_minor,
    currency = excluded.currency,
    op_id = coalesce(excluded.op_id, op_id),
    pending = excluded.pending
WHERE excluded.pending = 0 AND (shift.pending = 1 OR shift.op_id IS NULL)
