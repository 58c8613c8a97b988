SELECT local_no, class FROM outbox WHERE state = 'waiting' ORDER BY local_no LIMIT :limit
