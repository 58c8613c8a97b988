-- One till's shifts, newest first, with what the ledgers say of each.
SELECT h.shift_id, h.opened_at, h.closed_at, h.opening_float_minor, h.currency, h.expected_minor, h.counted_minor,
       coalesce((SELECT w.name FROM staff w WHERE w.id = h.opened_by), '') AS opened_by,
       (SELECT count(*) FROM sale s WHERE s.shift_id = h.shift_id) AS sales,
       (SELECT coalesce(sum(s.total_minor), 0) FROM sale s WHERE s.shift_id = h.shift_id) AS revenue_minor,
       (SELECT coalesce(sum(s.tax_minor), 0) FROM sale s WHERE s.shift_id = h.shift_id) AS tax_minor,
       (SELECT coalesce(sum(r.total_minor), 0) FROM refund r WHERE r.shift_id = h.shift_id) AS refunds_minor,
       (SELECT coalesce(sum(t.amount_minor), 0) FROM sale s JOIN sale_tender t ON t.sale_id = s.sale_id
        WHERE s.shift_id = h.shift_id AND t.kind = 'card') AS card_minor,
       (SELECT coalesce(sum(c.amount_minor), 0) FROM cash c
        WHERE c.shift_id = h.shift_id AND c.reason = 'sale') AS cash_minor,
       (SELECT coalesce(sum(c.amount_minor), 0) FROM cash c WHERE c.shift_id = h.shift_id) AS drawer_minor
FROM shift h
WHERE h.device_id = :device_id AND (h.closed_at IS NULL) = :open
ORDER BY coalesce(h.closed_at, h.opened_at) DESC, h.shift_id DESC
LIMIT :limit
