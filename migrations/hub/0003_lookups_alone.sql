-- Most entities have no lookup and need no entry. And a server that has not counted the table yet took this index, which
-- begins like the primary key, for as good as it when an entity was asked for by its id.
DROP INDEX entity_by_lookup;
CREATE INDEX entity_by_lookup ON entity (tenant_id, kind, lookup, lookup_at) WHERE lookup IS NOT NULL;
