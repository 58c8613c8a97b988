SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN ('waiting', 'sealed') AND local_no <> :local_no) AS there
