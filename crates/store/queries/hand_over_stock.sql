UPDATE stock SET op_id = :new, pending = 1 WHERE op_id = :old
