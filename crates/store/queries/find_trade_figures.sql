SELECT count(*) AS sales, coalesce(sum(total_minor), 0) AS total_minor
FROM sale WHERE at >= :from AND at < :to
