UPDATE outbox SET state = :state, reason = :reason, acked_at = :now
WHERE op_id = :op_id AND state = 'sealed'
