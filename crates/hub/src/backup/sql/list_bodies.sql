SELECT tenant_id, seq, op_id, row_count, body FROM changes
