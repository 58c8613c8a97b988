INSERT INTO tenants (tenant_id, created_at, head, archived, tills, hub_device_id, publishable_key)
VALUES ($1, $2, 0, 0, 0, $3, $4)
ON CONFLICT (tenant_id) DO NOTHING
