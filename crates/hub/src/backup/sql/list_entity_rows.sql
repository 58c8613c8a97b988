SELECT tenant_id, kind, entity_id, body, deleted FROM entity
