UPDATE entity_base SET stale = 1
