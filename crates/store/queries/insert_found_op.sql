INSERT INTO outbox (local_no, op_id, kind, version, class, at, staff_id, hlc_ms, hlc_counter, payload,
    incarnation, seq, prev_hash, hash, state, reason, acked_at, confirmed_seq, redoes)
VALUES (:local_no, :op_id, :kind, :version, :class, :at, :staff_id, :hlc_ms, :hlc_counter, :payload,
    :incarnation, :seq, :prev_hash, :hash, :state, :reason, :acked_at, :confirmed_seq, :redoes)
