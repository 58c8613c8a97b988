INSERT INTO entity (tenant_id, kind, entity_id, body, clocks, deleted, lookup, lookup_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, kind, entity_id) DO UPDATE SET
    body = excluded.body,
    clocks = excluded.clocks,
    deleted = excluded.deleted,
    lookup = excluded.lookup,
    lookup_at = excluded.lookup_at
