-- Balances that do not equal their ledger's sum; the triggers keep this at none.
SELECT (SELECT count(*) FROM stamp_balance b
        WHERE b.balance <> (SELECT coalesce(sum(s.stamps), 0) FROM stamp s WHERE s.customer_id = b.customer_id))
     + (SELECT count(*) FROM stock_balance b
        WHERE b.quantity_milli <> (SELECT coalesce(sum(s.quantity_milli), 0) FROM stock s WHERE s.product_id = b.product_id))
     AS wrong
