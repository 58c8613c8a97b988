SELECT shift_id, device_id, closed_by, closed_at, expected_minor, counted_minor, currency, note FROM shift
WHERE closed_at IS NOT NULL AND close_pending = 0
