SELECT body, state, label, parked_at, updated_at FROM cart WHERE state = :state ORDER BY updated_at DESC, cart_id DESC
