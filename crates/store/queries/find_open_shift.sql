SELECT shift_id FROM shift
WHERE device_id = :device_id AND closed_at IS NULL
ORDER BY opened_at DESC, shift_id DESC
LIMIT 1
