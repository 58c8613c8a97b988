INSERT INTO shift (shift_id, device_id, opened_by, opened_at, opening_float_minor, currency, op_id, pending)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, 0
FROM json_each($1)
