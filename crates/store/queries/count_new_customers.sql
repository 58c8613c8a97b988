SELECT count(*) AS customers FROM customer WHERE enrolled_at >= :from AND enrolled_at < :to
