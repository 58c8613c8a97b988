-- The latest time at which a tenant was written to, by the hub's own clock: where that goes back, tills whose clocks are right are not held back.
ALTER TABLE tenants ADD COLUMN heard_ms BIGINT NOT NULL DEFAULT 0;

UPDATE tenants SET heard_ms = (
    SELECT coalesce(max(o.received_at), 0) FROM operations o WHERE o.tenant_id = tenants.tenant_id
);
