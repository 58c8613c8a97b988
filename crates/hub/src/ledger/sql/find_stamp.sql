SELECT body FROM stamp WHERE tenant_id = $1 AND stamp_id = $2
