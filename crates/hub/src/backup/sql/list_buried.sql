SELECT tenant_id, op_id FROM dead_letters
