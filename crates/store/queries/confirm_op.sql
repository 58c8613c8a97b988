UPDATE outbox SET state = :state, reason = :reason, confirmed_seq = :seq, acked_at = coalesce(acked_at, :now)
WHERE op_id = :op_id
