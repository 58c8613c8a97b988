INSERT INTO refund_line (refund_id, position, line_id, product_id, name, quantity_milli, total_minor, tax_minor, restock)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
FROM json_each($1)
