SELECT c.at, c.reason, c.amount_minor, c.currency, c.note, coalesce(w.name, '') AS staff
FROM cash c
LEFT JOIN staff w ON w.id = c.staff_id
WHERE c.shift_id = :shift_id AND c.reason IN ('paid_in', 'paid_out', 'drop')
ORDER BY c.at, c.entry_id
