SELECT currency, sum(amount_minor) AS amount_minor FROM cash WHERE shift_id = :shift_id GROUP BY currency
