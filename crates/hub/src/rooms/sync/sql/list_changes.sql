SELECT seq, row_count, body FROM changes WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
