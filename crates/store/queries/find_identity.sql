SELECT
    (SELECT value FROM meta WHERE key = :tenant) AS tenant,
    (SELECT value FROM meta WHERE key = :device) AS device,
    (SELECT value FROM meta WHERE key = :incarnation) AS incarnation,
    (SELECT value FROM meta WHERE key = :till_code) AS till_code,
    (SELECT value FROM meta WHERE key = :hub_url) AS hub_url
