SELECT coalesce(sum(CASE WHEN reason <> 'redeemed' THEN stamps END), 0) AS stamps,
       count(CASE WHEN reason = 'redeemed' THEN 1 END) AS rewards
FROM stamp WHERE at >= :from AND at < :to
