SELECT body, deleted FROM entity_base WHERE kind = :kind AND id = :id
