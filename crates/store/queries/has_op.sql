SELECT EXISTS (SELECT 1 FROM outbox WHERE op_id = :op_id) AS there
