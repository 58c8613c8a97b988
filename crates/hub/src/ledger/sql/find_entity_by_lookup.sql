-- Not in order: SQLite would go through all of a kind by its key to have them so.
SELECT entity_id FROM entity
WHERE tenant_id = $1 AND kind = $2 AND lookup = $3 AND deleted = 0
