INSERT INTO sale_line (sale_id, line_id, position, product_id, sku, name, quantity_milli, unit_price_minor, list_minor, discount_minor, net_minor, tax_minor, total_minor)
VALUES (:sale_id, :line_id, :position, :product_id, :sku, :name, :quantity_milli, :unit_price_minor, :list_minor, :discount_minor, :net_minor, :tax_minor, :total_minor)
ON CONFLICT (sale_id, position) DO NOTHING
