SELECT quantity_milli FROM stock_balance WHERE tenant_id = $1 AND product_id = $2
