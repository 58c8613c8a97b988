DELETE FROM entity_base WHERE stale = 1
