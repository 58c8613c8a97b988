SELECT 1 AS found FROM entity WHERE kind = :kind AND id = :id AND deleted = 0
