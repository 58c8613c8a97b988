SELECT body, pending FROM sale s
WHERE (SELECT count(*) FROM sale_line l WHERE l.sale_id = s.sale_id) < json_array_length(s.body, '$.lines')
   OR (SELECT count(*) FROM sale_tender t WHERE t.sale_id = s.sale_id) < json_array_length(s.body, '$.tenders')
