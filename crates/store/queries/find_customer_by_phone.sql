SELECT id FROM customer WHERE phone = :phone ORDER BY enrolled_at, id LIMIT 1
