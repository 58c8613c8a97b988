SELECT current_setting('server_version_num') AS version, CAST(current_schema() AS TEXT) AS schema_name
