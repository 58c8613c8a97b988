SELECT v.id, v.merchant_id, v.installer_id, v.starts_at, v.ends_at, v.status, v.purpose, v.note, v.pending,
       coalesce(m.name, '') AS merchant, coalesce(m.address, '') AS address, coalesce(m.district, '') AS district,
       coalesce(m.phone, '') AS phone, coalesce(s.name, '') AS installer
FROM visit v
LEFT JOIN merchant m ON m.id = v.merchant_id
LEFT JOIN staff s ON s.id = v.installer_id
WHERE v.id = :visit_id
