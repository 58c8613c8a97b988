-- Balances that do not equal their ledger's sum; the triggers keep this at none.
SELECT (SELECT count(*) FROM stamp_balance b
        LEFT JOIN (SELECT customer_id, sum(stamps) AS total FROM stamp GROUP BY customer_id) s
            ON s.customer_id = b.customer_id
        WHERE b.balance <> coalesce(s.total, 0))
     + (SELECT count(*) FROM stock_balance b
        LEFT JOIN (SELECT product_id, sum(quantity_milli) AS total FROM stock GROUP BY product_id) s
            ON s.product_id = b.product_id
        WHERE b.quantity_milli <> coalesce(s.total, 0))
     AS wrong
