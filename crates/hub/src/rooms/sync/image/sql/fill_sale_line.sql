INSERT INTO sale_line (sale_id, position, line_id, product_id, sku, name, quantity_milli, unit_price_minor, list_minor, discount_minor, net_minor, tax_minor, total_minor)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12
FROM json_each($1)
