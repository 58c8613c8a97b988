DELETE FROM settled WHERE op_id = :op_id AND how = 'aside'
