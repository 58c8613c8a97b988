-- Not in order, as in find_entity_by_lookup.
SELECT entity_id, lookup FROM entity
WHERE tenant_id = $1 AND kind = $2 AND deleted = 0 AND lookup IN ($3)
