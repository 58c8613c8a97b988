SELECT coalesce(
    (SELECT id FROM entity_base WHERE kind = 'shop' LIMIT 1),
    (SELECT json_extract(payload, '$.id') FROM outbox
     WHERE kind = 'entity_edited' AND json_extract(payload, '$.entity') = 'shop' ORDER BY local_no LIMIT 1)) AS value
