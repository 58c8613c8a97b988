SELECT raw, reason, received_at FROM dead_letters WHERE tenant_id = $1
ORDER BY received_at, device_id, incarnation, seq
LIMIT $2 OFFSET $3
