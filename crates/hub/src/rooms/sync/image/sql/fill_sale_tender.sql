INSERT INTO sale_tender (sale_id, position, kind, amount_minor, reference)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
FROM json_each($1)
