SELECT entity_id, body FROM entity
WHERE tenant_id = $1 AND kind = 'visit' AND lookup = $2 AND deleted = 0 AND lookup_at BETWEEN $3 AND $4
ORDER BY lookup_at
