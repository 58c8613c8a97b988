DELETE FROM cart WHERE cart_id = :cart_id
