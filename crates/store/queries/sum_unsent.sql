-- What only this till has: changes that wait, and those that the hub could not read and nobody settled.
WITH unsent AS (
    SELECT kind, json_extract(payload, '$.total.minor') AS total_minor FROM outbox o
    WHERE o.state IN ('waiting', 'sealed')
       OR (o.state = 'dead' AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id))
)
SELECT count(*) AS changes,
       coalesce(sum(iif(kind = 'sale_completed', total_minor, 0)), 0) AS sales_minor,
       coalesce(sum(iif(kind = 'sale_refunded', total_minor, 0)), 0) AS refunds_minor
FROM unsent
