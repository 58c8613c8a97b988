-- What a person decided about a change that the hub did not take. The operation itself stays as it is.
CREATE TABLE settled (
    op_id     TEXT    NOT NULL PRIMARY KEY,
    how       TEXT    NOT NULL CHECK (how IN ('redone', 'aside')),
    -- The operation that does it again; it alone is sent from then on.
    redone_as TEXT    UNIQUE,
    at        INTEGER NOT NULL,
    staff_id  TEXT,
    CHECK ((how = 'redone') = (redone_as IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX settled_at ON settled (at);

-- A field that this till and somebody else set at the same time: both sides, as JSON, until a person chose.
CREATE TABLE clash (
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    field      TEXT    NOT NULL,
    mine       TEXT    NOT NULL CHECK (json_valid(mine)),
    theirs     TEXT    NOT NULL CHECK (json_valid(theirs)),
    at         INTEGER NOT NULL,
    decided_at INTEGER,
    PRIMARY KEY (kind, id, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX clash_open ON clash (at) WHERE decided_at IS NULL;
