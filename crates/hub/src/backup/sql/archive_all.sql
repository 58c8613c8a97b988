-- The backup that was restored holds every change of this database.
UPDATE tenants SET archived = head
