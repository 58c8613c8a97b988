INSERT INTO main.meta (key, value)
SELECT key, value FROM own.meta WHERE key NOT IN (SELECT value FROM json_each(:left_out))
ON CONFLICT (key) DO UPDATE SET value = excluded.value
