-- Without an operation only the closing is here yet.
SELECT shift_id, device_id, opened_by, opened_at, opening_float_minor, currency FROM shift WHERE pending = 0 AND op_id IS NOT NULL
