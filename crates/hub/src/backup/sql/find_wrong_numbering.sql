-- Changes are numbered from 1 to the shop's head without a hole.
SELECT t.tenant_id, t.head, count(c.seq) AS changes, COALESCE(min(c.seq), 0) AS first_seq, COALESCE(max(c.seq), 0) AS last_seq
FROM tenants t LEFT JOIN changes c ON c.tenant_id = t.tenant_id
GROUP BY t.tenant_id, t.head
HAVING count(c.seq) <> t.head OR COALESCE(max(c.seq), 0) <> t.head OR COALESCE(min(c.seq), 1) <> 1
ORDER BY t.tenant_id
