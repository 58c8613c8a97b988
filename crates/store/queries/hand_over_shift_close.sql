UPDATE shift SET close_op_id = :new, close_pending = 1 WHERE close_op_id = :old
