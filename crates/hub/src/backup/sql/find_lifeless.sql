SELECT DISTINCT tenant_id, device_id, incarnation FROM operations
EXCEPT
SELECT tenant_id, device_id, incarnation FROM device_lives
ORDER BY tenant_id, device_id, incarnation
