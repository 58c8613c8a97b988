SELECT sale_id FROM sale WHERE till_code = :till_code AND number = :number ORDER BY at DESC LIMIT 1
