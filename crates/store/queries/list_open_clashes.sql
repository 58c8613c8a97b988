SELECT kind, id, field, mine, theirs, at FROM clash WHERE decided_at IS NULL ORDER BY at, kind, id, field
