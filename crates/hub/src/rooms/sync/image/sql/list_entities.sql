SELECT kind, entity_id, body, deleted FROM entity WHERE tenant_id = $1 ORDER BY kind, entity_id
