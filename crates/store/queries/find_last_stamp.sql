-- A stamp that was taken back here does not hold up the next one.
SELECT s.at FROM stamp s
WHERE s.customer_id = :customer_id AND s.reason = 'given'
  AND NOT EXISTS (
    SELECT 1 FROM stamp r JOIN outbox o ON o.op_id = r.op_id
    WHERE r.customer_id = s.customer_id AND r.reason = 'reversed'
      AND json_extract(o.payload, '$.reverses') = s.stamp_id)
ORDER BY s.at DESC LIMIT 1
