SELECT c.at, c.reason, c.amount_minor, c.currency, c.note,
       coalesce((SELECT w.name FROM staff w WHERE w.id = c.staff_id), '') AS staff
FROM cash c
WHERE c.shift_id = :shift_id AND c.reason IN ('paid_in', 'paid_out', 'drop')
ORDER BY c.at, c.entry_id
