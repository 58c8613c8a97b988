SELECT coalesce(sum(total_minor), 0) AS total_minor FROM refund WHERE at >= :from AND at < :to
