UPDATE sale SET pending = 1 WHERE sale_id = :id
