SELECT id, body FROM shop ORDER BY id LIMIT 1
