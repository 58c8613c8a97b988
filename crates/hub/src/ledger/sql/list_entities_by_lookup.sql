SELECT entity_id, lookup FROM entity
WHERE tenant_id = $1 AND kind = $2 AND deleted = 0 AND lookup IN ($3)
ORDER BY entity_id
