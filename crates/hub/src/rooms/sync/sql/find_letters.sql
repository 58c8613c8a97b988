-- More than one where two operations came with one id. The first that came stands for all of its content.
SELECT d.device_id, d.incarnation, d.seq, d.raw, o.content_hash,
    (SELECT f.content_hash FROM operations f WHERE f.tenant_id = d.tenant_id AND f.op_id = d.op_id
     ORDER BY f.received_at, f.incarnation, f.seq LIMIT 1) AS first_content
FROM dead_letters d
JOIN operations o ON o.tenant_id = d.tenant_id AND o.device_id = d.device_id AND o.incarnation = d.incarnation
    AND o.seq = d.seq
WHERE d.tenant_id = $1 AND d.op_id = $2
ORDER BY d.received_at, d.device_id, d.incarnation, d.seq
