SELECT id, body FROM staff ORDER BY fold(name), id
