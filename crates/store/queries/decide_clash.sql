UPDATE clash SET decided_at = :at WHERE kind = :kind AND id = :id AND field = :field
