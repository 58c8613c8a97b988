SELECT time_zone FROM shop ORDER BY id LIMIT 1
