DELETE FROM stock WHERE op_id = :op_id
