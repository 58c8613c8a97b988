INSERT INTO outbox (op_id, kind, version, class, at, staff_id, hlc_ms, hlc_counter, payload, redoes)
VALUES (:op_id, :kind, :version, :class, :at, :staff_id, :hlc_ms, :hlc_counter, :payload, :redoes)
