INSERT INTO journal (op_id, at, staff_id, kind, subject)
VALUES (:op_id, :at, :staff_id, :kind, :subject)
