SELECT id, name, position FROM category ORDER BY position, fold(name), id
