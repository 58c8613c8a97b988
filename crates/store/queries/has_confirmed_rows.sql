SELECT EXISTS (SELECT 1 FROM entity_base)
    OR EXISTS (SELECT 1 FROM sale WHERE pending = 0)
    OR EXISTS (SELECT 1 FROM refund WHERE pending = 0)
    OR EXISTS (SELECT 1 FROM stamp WHERE pending = 0)
    OR EXISTS (SELECT 1 FROM stock WHERE pending = 0)
    OR EXISTS (SELECT 1 FROM cash WHERE pending = 0) AS there
