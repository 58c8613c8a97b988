SELECT body, pending FROM refund r
WHERE (SELECT count(*) FROM refund_line l WHERE l.refund_id = r.refund_id) < json_array_length(r.body, '$.lines')
