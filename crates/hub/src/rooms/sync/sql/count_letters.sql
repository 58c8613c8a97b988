SELECT count(*) AS letters FROM dead_letters WHERE tenant_id = $1
