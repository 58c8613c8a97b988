SELECT tenant_id, op_id, hash, result FROM operations
