SELECT json_extract(body, '$.name') AS name, json_extract(body, '$.merchant_id') AS merchant_id
FROM entity WHERE kind = :kind AND id = :id
