-- A life ends with the hash of its last operation.
SELECT l.tenant_id, l.device_id, l.incarnation, l.last_seq
FROM device_lives l
JOIN operations o ON o.tenant_id = l.tenant_id AND o.device_id = l.device_id AND o.incarnation = l.incarnation
    AND o.seq = l.last_seq
WHERE o.hash <> l.last_hash
ORDER BY l.tenant_id, l.device_id, l.incarnation
