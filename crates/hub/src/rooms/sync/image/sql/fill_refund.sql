INSERT INTO refund (refund_id, sale_id, device_id, at, staff_id, shift_id, currency, total_minor, tax_minor, tender_kind, reason, body, op_id, pending)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, 0
FROM json_each($1)
