SELECT stamp_id, customer_id, stamps, reason, at, staff_id, device_id FROM stamp WHERE pending = 0
