INSERT INTO cart (cart_id, body, state, label, parked_at, updated_at)
VALUES (:cart_id, :body, :state, :label, :parked_at, :updated_at)
ON CONFLICT (cart_id) DO UPDATE SET body = excluded.body, state = excluded.state, label = excluded.label,
    parked_at = excluded.parked_at, updated_at = excluded.updated_at
