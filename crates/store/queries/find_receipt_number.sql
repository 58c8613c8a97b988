SELECT printf('%s-%06d', till_code, number) AS receipt_number FROM sale WHERE sale_id = :sale_id
