SELECT body, deleted FROM entity_overlay WHERE kind = :kind AND id = :id
