-- Never back, and never beyond what there is: the database may have been restored meanwhile.
UPDATE tenants SET archived = $2 WHERE tenant_id = $1 AND archived < $2 AND head >= $2
