-- Every change that names an operation has that operation's result.
SELECT tenant_id, op_id FROM changes WHERE op_id IS NOT NULL
EXCEPT
SELECT tenant_id, op_id FROM operations
ORDER BY tenant_id, op_id
