SELECT body FROM shift WHERE tenant_id = $1 AND shift_id = $2 AND event = $3
