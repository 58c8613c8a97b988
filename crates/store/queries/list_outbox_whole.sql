SELECT local_no, op_id, kind, version, at, staff_id, hlc_ms, hlc_counter, payload, incarnation, seq, prev_hash, hash, state, redoes,
       EXISTS (SELECT 1 FROM journal j WHERE j.op_id = outbox.op_id) AS journaled
FROM outbox ORDER BY local_no
