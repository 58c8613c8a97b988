SELECT kind, version, payload FROM outbox WHERE op_id = :op_id
