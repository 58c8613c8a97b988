SELECT kind, id FROM entity_base WHERE stale = 1
