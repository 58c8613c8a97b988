SELECT EXISTS (SELECT 1 FROM shift WHERE shift_id = :shift_id AND closed_at IS NOT NULL AND close_pending = 0) AS there
