SELECT kind, id, field, mine, theirs, at FROM clash WHERE kind = :kind AND id = :id AND field = :field
