SELECT tenant_id, sealed_seed FROM card_keys ORDER BY tenant_id, key_id LIMIT 1
