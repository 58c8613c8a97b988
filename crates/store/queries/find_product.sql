SELECT id, body FROM product WHERE id = :id
