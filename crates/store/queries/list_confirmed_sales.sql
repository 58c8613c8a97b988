SELECT sale_id, device_id, till_code, number, at, staff_id, shift_id, customer_id, currency, subtotal_minor, discount_minor, net_minor, tax_minor, total_minor, change_minor, body
FROM sale WHERE pending = 0
