-- The newest clock among the tenant's fields: whoever has seen them edits them later than that.
ALTER TABLE tenants ADD COLUMN clock_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN clock_counter BIGINT NOT NULL DEFAULT 0;

-- No clock was ever believed to be more than five minutes ahead of when the hub heard of it.
UPDATE tenants SET clock_ms = (
    SELECT coalesce(max(o.received_at) + 300000, 0) FROM operations o WHERE o.tenant_id = tenants.tenant_id
);
