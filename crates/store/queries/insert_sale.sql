INSERT INTO sale (sale_id, op_id, device_id, till_code, number, at, staff_id, shift_id, customer_id, currency, subtotal_minor, discount_minor, net_minor, tax_minor, total_minor, change_minor, body, pending)
VALUES (:sale_id, :op_id, :device_id, :till_code, :number, :at, :staff_id, :shift_id, :customer_id, :currency, :subtotal_minor, :discount_minor, :net_minor, :tax_minor, :total_minor, :change_minor, :body, :pending)
ON CONFLICT (sale_id) DO UPDATE SET pending = 0, op_id = coalesce(excluded.op_id, op_id) WHERE excluded.pending = 0 AND sale.pending = 1
