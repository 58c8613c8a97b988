INSERT INTO settled (op_id, how, redone_as, at, staff_id) VALUES (:op_id, :how, :redone_as, :at, :staff_id)
