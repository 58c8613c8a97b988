-- Without its opening a closing stands alone, as on a till that got it first.
INSERT INTO shift (shift_id, device_id, opened_by, opened_at, opening_float_minor, currency, pending,
    closed_by, closed_at, expected_minor, counted_minor, note, close_op_id, close_pending)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, 0, value ->> 6, 0,
    value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 7, value ->> 8, 0
FROM json_each($1) WHERE true
ON CONFLICT (shift_id) DO UPDATE SET
    closed_by = excluded.closed_by,
    closed_at = excluded.closed_at,
    expected_minor = excluded.expected_minor,
    counted_minor = excluded.counted_minor,
    note = excluded.note,
    close_op_id = excluded.close_op_id,
    close_pending = 0
