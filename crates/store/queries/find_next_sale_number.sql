SELECT coalesce(max(number), 0) + 1 AS number FROM sale WHERE device_id = :device_id AND till_code = :till_code
