INSERT INTO entity_overlay (kind, id, body, deleted)
VALUES (:kind, :id, :body, :deleted)
ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, deleted = excluded.deleted
