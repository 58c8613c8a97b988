SELECT entry_id, product_id, quantity_milli, reason, at, device_id FROM stock WHERE pending = 0
