-- A life's operations are numbered from 1 to its last without a hole.
SELECT l.tenant_id, l.device_id, l.incarnation, l.last_seq, count(o.seq) AS operations
FROM device_lives l
LEFT JOIN operations o ON o.tenant_id = l.tenant_id AND o.device_id = l.device_id AND o.incarnation = l.incarnation
GROUP BY l.tenant_id, l.device_id, l.incarnation, l.last_seq
HAVING count(o.seq) <> l.last_seq OR COALESCE(max(o.seq), 0) <> l.last_seq OR COALESCE(min(o.seq), 1) <> 1
ORDER BY l.tenant_id, l.device_id, l.incarnation
