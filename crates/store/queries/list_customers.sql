-- `:words` is a JSON list of folded words that must all be in the name; `:digits` are part of the phone, or NULL. Both
-- empty finds everybody, those seen last first; otherwise names that begin with the first word come first.
SELECT c.id, c.name, c.phone,
       coalesce(b.balance, 0) AS balance,
       nullif(max(coalesce(b.last_at, 0),
                  coalesce((SELECT max(s.at) FROM sale s WHERE s.customer_id = c.id), 0)), 0) AS last_seen_at
FROM customer c
LEFT JOIN stamp_balance b ON b.customer_id = c.id
WHERE (:digits IS NOT NULL AND instr(c.phone, :digits) > 0)
   OR (:digits IS NULL AND NOT EXISTS (
        SELECT 1 FROM json_each(:words) word WHERE instr(fold(c.name), word.value) = 0))
ORDER BY CASE WHEN :first IS NOT NULL THEN instr(fold(c.name), :first) <> 1 END,
         CASE WHEN :first IS NOT NULL THEN fold(c.name) END,
         coalesce(last_seen_at, c.enrolled_at) DESC, c.id
LIMIT :limit
