INSERT INTO stock (entry_id, product_id, quantity_milli, reason, at, device_id, op_id, pending)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, 0
FROM json_each($1)
