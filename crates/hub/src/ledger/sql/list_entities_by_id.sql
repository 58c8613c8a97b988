SELECT entity_id, body, clocks, deleted FROM entity WHERE tenant_id = $1 AND kind = $2 AND entity_id IN ($3)
