-- What is offered, in the order of its categories, with what is left of it.
SELECT p.id, p.body, coalesce(b.quantity_milli, 0) AS stock_milli
FROM product p
LEFT JOIN stock_balance b ON b.product_id = p.id
LEFT JOIN category c ON c.id = p.category_id
WHERE p.active = 1
ORDER BY c.position IS NULL, c.position, c.id, fold(p.name), p.id
