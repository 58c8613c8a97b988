SELECT cart_id, state, body FROM cart
