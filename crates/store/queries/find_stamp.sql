SELECT s.customer_id, s.reason,
       EXISTS (SELECT 1 FROM stamp r JOIN outbox o ON o.op_id = r.op_id
               WHERE r.customer_id = s.customer_id AND r.reason = 'reversed'
                 AND json_extract(o.payload, '$.reverses') = s.stamp_id) AS reversed
FROM stamp s WHERE s.stamp_id = :stamp_id
