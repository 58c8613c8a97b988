SELECT entity_id FROM entity
WHERE tenant_id = $1 AND kind = $2 AND lookup = $3 AND deleted = 0
ORDER BY entity_id
