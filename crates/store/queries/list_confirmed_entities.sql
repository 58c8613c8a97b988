SELECT kind, id, body, deleted FROM entity_base
