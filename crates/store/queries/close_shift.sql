INSERT INTO shift (shift_id, device_id, opened_by, opened_at, opening_float_minor, currency, pending,
    closed_by, closed_at, expected_minor, counted_minor, note, close_op_id, close_pending)
VALUES (:shift_id, :device_id, :closed_by, :closed_at, 0, :currency, 0,
    :closed_by, :closed_at, :expected_minor, :counted_minor, :note, :op_id, :pending)
ON CONFLICT (shift_id) DO UPDATE SET
    closed_by = excluded.closed_by,
    closed_at = excluded.closed_at,
    expected_minor = excluded.expected_minor,
    counted_minor = excluded.counted_minor,
    note = excluded.note,
    close_op_id = coalesce(excluded.close_op_id, close_op_id),
    close_pending = excluded.close_pending
-- Of two closings the hub's first counts: also where the other was done here, or was confirmed by the hub before it was
-- restored. The second one tells of the first again, under its own name.
WHERE shift.closed_at IS NULL OR (excluded.close_pending = 0 AND (shift.close_pending = 1
    OR shift.closed_by IS NOT excluded.closed_by OR shift.closed_at IS NOT excluded.closed_at
    OR shift.expected_minor IS NOT excluded.expected_minor OR shift.counted_minor IS NOT excluded.counted_minor
    OR shift.note IS NOT excluded.note))
