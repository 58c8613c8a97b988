-- Also where the same operation was sent again in a new life of its database.
UPDATE operations SET result = $4 WHERE tenant_id = $1 AND op_id = $2 AND content_hash = $3
