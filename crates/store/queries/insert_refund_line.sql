INSERT INTO refund_line (refund_id, position, line_id, product_id, name, quantity_milli, total_minor, tax_minor, restock)
VALUES (:refund_id, :position, :line_id, :product_id, :name, :quantity_milli, :total_minor, :tax_minor, :restock)
ON CONFLICT (refund_id, position) DO NOTHING
