CREATE TABLE snapshot_meta (epoch TEXT NOT NULL, seq INTEGER NOT NULL, tenant_id TEXT NOT NULL);
CREATE TABLE snapshot_rows (position INTEGER PRIMARY KEY, row TEXT NOT NULL);
