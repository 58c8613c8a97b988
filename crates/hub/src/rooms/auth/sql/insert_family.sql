INSERT INTO refresh_families (family_id, tenant_id, user_id) VALUES ($1, $2, $3)
