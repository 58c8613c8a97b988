SELECT id, body FROM product
WHERE sku IN (:sku, upper(:sku)) AND active = 1
ORDER BY sku = :sku DESC, id LIMIT 1
