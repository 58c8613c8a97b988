SELECT refund_id, sale_id, device_id, at, staff_id, shift_id, currency, total_minor, tax_minor, tender_kind, reason, body
FROM refund WHERE pending = 0
