SELECT h.epoch, v.version AS schema_version FROM hub h JOIN schema_version v ON v.one = h.one WHERE h.one = 1
