DELETE FROM entity_overlay WHERE kind = :kind AND id = :id
