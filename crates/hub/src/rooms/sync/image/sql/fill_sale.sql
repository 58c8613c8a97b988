INSERT INTO sale (sale_id, device_id, till_code, number, at, staff_id, shift_id, customer_id, currency, subtotal_minor, discount_minor, net_minor, tax_minor, total_minor, change_minor, body, op_id, pending)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, 0
FROM json_each($1)
