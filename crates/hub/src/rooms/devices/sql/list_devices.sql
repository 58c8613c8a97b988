SELECT d.device_id, d.till_code, d.name, d.paired_at, d.revoked_at,
    (SELECT count(*) FROM quarantine q WHERE q.tenant_id = d.tenant_id AND q.device_id = d.device_id) AS held
FROM devices d
WHERE d.tenant_id = $1
ORDER BY d.paired_at, d.device_id
