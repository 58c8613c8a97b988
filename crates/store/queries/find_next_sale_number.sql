-- The newest sale is the last in its index: not every one is read.
SELECT coalesce(
    (SELECT number FROM sale WHERE device_id = :device_id AND till_code = :till_code ORDER BY number DESC LIMIT 1),
    0) + 1 AS number
