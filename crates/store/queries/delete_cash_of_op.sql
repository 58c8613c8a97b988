DELETE FROM cash WHERE op_id = :op_id
