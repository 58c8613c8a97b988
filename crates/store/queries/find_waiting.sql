SELECT op_id, staff_id, at, hlc_ms, hlc_counter, kind, version, payload, redoes
FROM outbox WHERE local_no = :local_no AND state = 'waiting'
