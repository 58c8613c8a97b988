INSERT INTO stamp (stamp_id, customer_id, stamps, reason, at, staff_id, device_id, op_id, pending)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, 0
FROM json_each($1)
