SELECT c.id, c.body, coalesce(j.subject, '') AS subject
FROM conflict c LEFT JOIN journal j ON j.op_id = c.id
WHERE c.status = 'open'
ORDER BY c.at, c.id
