SELECT key_id, sealed_seed FROM card_keys WHERE tenant_id = $1 ORDER BY created_at DESC, key_id
