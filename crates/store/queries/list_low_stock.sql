SELECT p.id, p.name, coalesce(b.quantity_milli, 0) AS quantity_milli, p.low_stock_below
FROM product p LEFT JOIN stock_balance b ON b.product_id = p.id
WHERE p.active = 1 AND p.low_stock_below IS NOT NULL AND coalesce(b.quantity_milli, 0) < p.low_stock_below
ORDER BY coalesce(b.quantity_milli, 0) * 1.0 / max(p.low_stock_below, 1), fold(p.name)
LIMIT :limit
