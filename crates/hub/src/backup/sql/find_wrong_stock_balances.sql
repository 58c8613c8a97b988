SELECT tenant_id, product_id AS subject FROM (
    SELECT tenant_id, product_id, quantity_milli AS part FROM stock
    UNION ALL
    SELECT tenant_id, product_id, -quantity_milli AS part FROM stock_balance
) AS both_sides
GROUP BY tenant_id, product_id HAVING sum(part) <> 0
ORDER BY tenant_id, product_id
