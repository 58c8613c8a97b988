SELECT l.line_id, r.currency,
       sum(l.quantity_milli) AS quantity_milli,
       sum(l.total_minor) AS total_minor,
       sum(l.tax_minor) AS tax_minor
FROM refund r
JOIN refund_line l ON l.refund_id = r.refund_id
WHERE r.sale_id = :sale_id
GROUP BY l.line_id, r.currency
