SELECT 0 AS overlay, kind, id, body, deleted FROM entity_base
UNION ALL SELECT 1, kind, id, body, deleted FROM entity_overlay
