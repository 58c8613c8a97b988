SELECT tenant_id, customer_id AS subject FROM (
    SELECT tenant_id, customer_id, stamps AS part FROM stamp
    UNION ALL
    SELECT tenant_id, customer_id, -balance AS part FROM stamp_balance
) AS both_sides
GROUP BY tenant_id, customer_id HAVING sum(part) <> 0
ORDER BY tenant_id, customer_id
