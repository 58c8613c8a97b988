SELECT l.sale_id, l.position, l.line_id, l.product_id, l.sku, l.name, l.quantity_milli, l.unit_price_minor, l.list_minor, l.discount_minor, l.net_minor, l.tax_minor, l.total_minor
FROM sale_line l WHERE NOT EXISTS (SELECT 1 FROM sale s WHERE s.sale_id = l.sale_id AND s.pending = 1)
