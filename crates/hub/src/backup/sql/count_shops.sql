SELECT
    (SELECT count(*) FROM tenants) AS shops,
    (SELECT count(*) FROM changes) AS changes,
    (SELECT count(*) FROM operations) AS operations,
    (SELECT count(*) FROM device_lives) AS chains
