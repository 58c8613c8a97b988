SELECT EXISTS (SELECT 1 FROM entity_overlay) AS there
