SELECT entry_id, shift_id, amount_minor, currency, reason, note, at, staff_id, device_id FROM cash WHERE pending = 0
