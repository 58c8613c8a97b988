SELECT o.local_no, o.op_id, o.kind, o.payload, o.at, o.staff_id, o.hlc_ms, o.hlc_counter, o.state, o.incarnation, o.seq,
       o.prev_hash, o.hash, o.confirmed_seq,
       (SELECT count(*) FROM outbox_touch t WHERE t.local_no = o.local_no) AS touches,
       (SELECT count(*) FROM journal j WHERE j.op_id = o.op_id) AS entries
FROM outbox o ORDER BY o.local_no
