-- Every operation that has a result has a change that tells of it.
SELECT tenant_id, op_id FROM operations
EXCEPT
SELECT tenant_id, op_id FROM changes WHERE op_id IS NOT NULL
ORDER BY tenant_id, op_id
