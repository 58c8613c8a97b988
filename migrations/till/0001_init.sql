-- The till's database. Ids are UUID text, moments are Unix milliseconds, money is minor units beside its currency.

-- What the hub confirmed, and the same rows with this till's pending operations on top.
CREATE TABLE entity_base (
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    body    TEXT    NOT NULL CHECK (json_valid(body)),
    deleted INTEGER NOT NULL DEFAULT 0,
    -- Set while a restored hub sends everything again; what it does not send is swept at the end.
    stale   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE entity_overlay (
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    body    TEXT    NOT NULL CHECK (json_valid(body)),
    deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX entity_base_stale ON entity_base (kind, id) WHERE stale = 1;
CREATE INDEX entity_base_customer_phone ON entity_base (json_extract(body, '$.phone')) WHERE kind = 'customer';
CREATE INDEX entity_overlay_customer_phone ON entity_overlay (json_extract(body, '$.phone')) WHERE kind = 'customer';
CREATE INDEX entity_base_customer_enrolled ON entity_base (json_extract(body, '$.enrolled_at')) WHERE kind = 'customer';
CREATE INDEX entity_overlay_customer_enrolled ON entity_overlay (json_extract(body, '$.enrolled_at')) WHERE kind = 'customer';
CREATE INDEX entity_base_product_barcode ON entity_base (json_extract(body, '$.barcode')) WHERE kind = 'product';
CREATE INDEX entity_overlay_product_barcode ON entity_overlay (json_extract(body, '$.barcode')) WHERE kind = 'product';
CREATE INDEX entity_base_product_sku ON entity_base (json_extract(body, '$.sku')) WHERE kind = 'product';
CREATE INDEX entity_overlay_product_sku ON entity_overlay (json_extract(body, '$.sku')) WHERE kind = 'product';
CREATE INDEX entity_base_visit_starts ON entity_base (json_extract(body, '$.starts_at')) WHERE kind = 'visit';
CREATE INDEX entity_overlay_visit_starts ON entity_overlay (json_extract(body, '$.starts_at')) WHERE kind = 'visit';

-- What the screen shows: the overlay's row where there is one.
CREATE VIEW entity AS
SELECT kind, id, body, deleted, 1 AS pending FROM entity_overlay
UNION ALL
SELECT b.kind, b.id, b.body, b.deleted, 0 AS pending FROM entity_base b
WHERE NOT EXISTS (SELECT 1 FROM entity_overlay o WHERE o.kind = b.kind AND o.id = b.id);

CREATE VIEW shop AS
SELECT id,
       json_extract(body, '$.name') AS name,
       json_extract(body, '$.legal_name') AS legal_name,
       json_extract(body, '$.tax_id') AS tax_id,
       json_extract(body, '$.address') AS address,
       json_extract(body, '$.country') AS country,
       json_extract(body, '$.currency') AS currency,
       json_extract(body, '$.time_zone') AS time_zone,
       json_extract(body, '$.tax_classes') AS tax_classes,
       json_extract(body, '$.prices_include_tax') AS prices_include_tax,
       json_extract(body, '$.stamps_required') AS stamps_required,
       json_extract(body, '$.stamp_cooldown_s') AS stamp_cooldown_s,
       json_extract(body, '$.reward_name') AS reward_name,
       json_extract(body, '$.receipt_footer') AS receipt_footer,
       json_extract(body, '$.card_keys') AS card_keys,
       body, pending
FROM entity WHERE kind = 'shop' AND deleted = 0;

CREATE VIEW staff AS
SELECT id,
       json_extract(body, '$.name') AS name,
       json_extract(body, '$.role') AS role,
       json_extract(body, '$.pin_hash') AS pin_hash,
       json_extract(body, '$.active') AS active,
       json_extract(body, '$.working_hours') AS working_hours,
       body, pending
FROM entity WHERE kind = 'staff' AND deleted = 0;

CREATE VIEW category AS
SELECT id,
       json_extract(body, '$.name') AS name,
       json_extract(body, '$.position') AS position,
       body, pending
FROM entity WHERE kind = 'category' AND deleted = 0;

CREATE VIEW product AS
SELECT id,
       json_extract(body, '$.sku') AS sku,
       json_extract(body, '$.barcode') AS barcode,
       json_extract(body, '$.name') AS name,
       json_extract(body, '$.category_id') AS category_id,
       json_extract(body, '$.price.minor') AS price_minor,
       json_extract(body, '$.price.currency') AS price_currency,
       json_extract(body, '$.tax_code') AS tax_code,
       json_extract(body, '$.price_includes_tax') AS price_includes_tax,
       json_extract(body, '$.low_stock_below') AS low_stock_below,
       json_extract(body, '$.picture') AS picture,
       json_extract(body, '$.active') AS active,
       body, pending
FROM entity WHERE kind = 'product' AND deleted = 0;

CREATE VIEW customer AS
SELECT id,
       json_extract(body, '$.name') AS name,
       json_extract(body, '$.phone') AS phone,
       json_extract(body, '$.enrolled_at') AS enrolled_at,
       json_extract(body, '$.note') AS note,
       body, pending
FROM entity WHERE kind = 'customer' AND deleted = 0;

CREATE VIEW merchant AS
SELECT id,
       json_extract(body, '$.name') AS name,
       json_extract(body, '$.contact') AS contact,
       json_extract(body, '$.phone') AS phone,
       json_extract(body, '$.address') AS address,
       json_extract(body, '$.district') AS district,
       json_extract(body, '$.steps') AS steps,
       body, pending
FROM entity WHERE kind = 'merchant' AND deleted = 0;

CREATE VIEW visit AS
SELECT id,
       json_extract(body, '$.merchant_id') AS merchant_id,
       json_extract(body, '$.installer_id') AS installer_id,
       json_extract(body, '$.starts_at') AS starts_at,
       json_extract(body, '$.ends_at') AS ends_at,
       json_extract(body, '$.status') AS status,
       json_extract(body, '$.purpose') AS purpose,
       json_extract(body, '$.note') AS note,
       json_extract(body, '$.done_at') AS done_at,
       body, pending
FROM entity WHERE kind = 'visit' AND deleted = 0;

CREATE VIEW conflict AS
SELECT id,
       json_extract(body, '$.code') AS code,
       json_extract(body, '$.op_kind') AS op_kind,
       json_extract(body, '$.subject_kind') AS subject_kind,
       json_extract(body, '$.subject_id') AS subject_id,
       json_extract(body, '$.details') AS details,
       json_extract(body, '$.refused') AS refused,
       json_extract(body, '$.at') AS at,
       json_extract(body, '$.device_id') AS device_id,
       coalesce(json_extract(body, '$.status'), 'open') AS status,
       body, pending
FROM entity WHERE kind = 'conflict' AND deleted = 0;

-- Facts. `pending` is 1 until the hub's copy of our own operation comes back.
CREATE TABLE sale (
    sale_id        TEXT    NOT NULL PRIMARY KEY,
    op_id          TEXT,
    device_id      TEXT    NOT NULL,
    till_code      TEXT    NOT NULL,
    number         INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    staff_id       TEXT    NOT NULL,
    shift_id       TEXT,
    customer_id    TEXT,
    currency       TEXT    NOT NULL,
    subtotal_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    net_minor      INTEGER NOT NULL,
    tax_minor      INTEGER NOT NULL,
    total_minor    INTEGER NOT NULL,
    change_minor   INTEGER NOT NULL,
    body           TEXT    NOT NULL,
    pending        INTEGER NOT NULL
) STRICT;
CREATE INDEX sale_at ON sale (at);
CREATE INDEX sale_number ON sale (device_id, number);
CREATE INDEX sale_customer ON sale (customer_id, at) WHERE customer_id IS NOT NULL;
CREATE INDEX sale_shift ON sale (shift_id) WHERE shift_id IS NOT NULL;
CREATE INDEX sale_op ON sale (op_id);

-- `discount_minor` is the line's own discount and its share of the cart's together.
CREATE TABLE sale_line (
    sale_id          TEXT    NOT NULL REFERENCES sale (sale_id) ON DELETE CASCADE,
    line_id          TEXT    NOT NULL,
    position         INTEGER NOT NULL,
    product_id       TEXT,
    sku              TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    quantity_milli   INTEGER NOT NULL,
    unit_price_minor INTEGER NOT NULL,
    list_minor       INTEGER NOT NULL,
    discount_minor   INTEGER NOT NULL,
    net_minor        INTEGER NOT NULL,
    tax_minor        INTEGER NOT NULL,
    total_minor      INTEGER NOT NULL,
    PRIMARY KEY (sale_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX sale_line_product ON sale_line (product_id) WHERE product_id IS NOT NULL;

CREATE TABLE sale_tender (
    sale_id      TEXT    NOT NULL REFERENCES sale (sale_id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    amount_minor INTEGER NOT NULL,
    reference    TEXT,
    PRIMARY KEY (sale_id, position)
) STRICT, WITHOUT ROWID;

-- The sale may still be on its way from another till, so nothing here demands that it is there.
CREATE TABLE refund (
    refund_id   TEXT    NOT NULL PRIMARY KEY,
    op_id       TEXT,
    sale_id     TEXT    NOT NULL,
    device_id   TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    staff_id    TEXT    NOT NULL,
    shift_id    TEXT,
    currency    TEXT    NOT NULL,
    total_minor INTEGER NOT NULL,
    tax_minor   INTEGER NOT NULL,
    tender_kind TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    pending     INTEGER NOT NULL
) STRICT;
CREATE INDEX refund_sale ON refund (sale_id);
CREATE INDEX refund_at ON refund (at);
CREATE INDEX refund_op ON refund (op_id);

CREATE TABLE refund_line (
    refund_id      TEXT    NOT NULL REFERENCES refund (refund_id) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    line_id        TEXT    NOT NULL,
    product_id     TEXT,
    name           TEXT    NOT NULL,
    quantity_milli INTEGER NOT NULL,
    total_minor    INTEGER NOT NULL,
    tax_minor      INTEGER NOT NULL,
    restock        INTEGER NOT NULL,
    PRIMARY KEY (refund_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_line_line ON refund_line (line_id);

CREATE TABLE stamp (
    stamp_id    TEXT    NOT NULL PRIMARY KEY,
    op_id       TEXT,
    customer_id TEXT    NOT NULL,
    stamps      INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    staff_id    TEXT    NOT NULL,
    device_id   TEXT    NOT NULL,
    pending     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX stamp_customer ON stamp (customer_id, at);
CREATE INDEX stamp_at ON stamp (at);
CREATE INDEX stamp_op ON stamp (op_id);

CREATE TABLE stock (
    entry_id       TEXT    NOT NULL PRIMARY KEY,
    op_id          TEXT,
    product_id     TEXT    NOT NULL,
    quantity_milli INTEGER NOT NULL,
    reason         TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    device_id      TEXT    NOT NULL,
    pending        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_product ON stock (product_id, at);
CREATE INDEX stock_op ON stock (op_id);

CREATE TABLE cash (
    entry_id     TEXT    NOT NULL PRIMARY KEY,
    op_id        TEXT,
    shift_id     TEXT,
    amount_minor INTEGER NOT NULL,
    currency     TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    note         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    staff_id     TEXT    NOT NULL,
    device_id    TEXT    NOT NULL,
    pending      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cash_shift ON cash (shift_id, at);
CREATE INDEX cash_op ON cash (op_id);

-- Two facts share a row: `op_id`, `pending` are the opening's, `close_op_id`, `close_pending` the closing's.
CREATE TABLE shift (
    shift_id            TEXT    NOT NULL PRIMARY KEY,
    device_id           TEXT    NOT NULL,
    opened_by           TEXT    NOT NULL,
    opened_at           INTEGER NOT NULL,
    opening_float_minor INTEGER NOT NULL,
    currency            TEXT    NOT NULL,
    closed_by           TEXT,
    closed_at           INTEGER,
    expected_minor      INTEGER,
    counted_minor       INTEGER,
    note                TEXT    NOT NULL DEFAULT '',
    op_id               TEXT,
    pending             INTEGER NOT NULL,
    close_op_id         TEXT,
    close_pending       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX shift_device ON shift (device_id, closed_at);

-- Balances, kept by the ledgers themselves so that they always equal the sums.
CREATE TABLE stamp_balance (
    customer_id   TEXT    NOT NULL PRIMARY KEY,
    balance       INTEGER NOT NULL,
    last_given_at INTEGER,
    last_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_balance (
    product_id     TEXT    NOT NULL PRIMARY KEY,
    quantity_milli INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER stamp_added AFTER INSERT ON stamp BEGIN
    INSERT INTO stamp_balance (customer_id, balance, last_given_at, last_at)
    VALUES (new.customer_id, new.stamps, CASE WHEN new.reason = 'given' THEN new.at END, new.at)
    ON CONFLICT (customer_id) DO UPDATE SET
        balance = balance + excluded.balance,
        last_given_at = CASE
            WHEN excluded.last_given_at IS NULL THEN last_given_at
            WHEN last_given_at IS NULL THEN excluded.last_given_at
            ELSE max(last_given_at, excluded.last_given_at) END,
        last_at = max(last_at, excluded.last_at);
END;

CREATE TRIGGER stamp_removed AFTER DELETE ON stamp BEGIN
    UPDATE stamp_balance SET
        balance = balance - old.stamps,
        last_given_at = (SELECT max(at) FROM stamp WHERE customer_id = old.customer_id AND reason = 'given'),
        last_at = coalesce((SELECT max(at) FROM stamp WHERE customer_id = old.customer_id), last_at)
    WHERE customer_id = old.customer_id;
END;

CREATE TRIGGER stamp_fixed BEFORE UPDATE OF customer_id, stamps, reason, at ON stamp BEGIN
    SELECT raise(ABORT, 'a ledger entry is never edited');
END;

CREATE TRIGGER stock_added AFTER INSERT ON stock BEGIN
    INSERT INTO stock_balance (product_id, quantity_milli) VALUES (new.product_id, new.quantity_milli)
    ON CONFLICT (product_id) DO UPDATE SET quantity_milli = quantity_milli + excluded.quantity_milli;
END;

CREATE TRIGGER stock_removed AFTER DELETE ON stock BEGIN
    UPDATE stock_balance SET quantity_milli = quantity_milli - old.quantity_milli WHERE product_id = old.product_id;
END;

CREATE TRIGGER stock_fixed BEFORE UPDATE OF product_id, quantity_milli ON stock BEGIN
    SELECT raise(ABORT, 'a ledger entry is never edited');
END;

CREATE TRIGGER cash_fixed BEFORE UPDATE OF shift_id, amount_minor, currency ON cash BEGIN
    SELECT raise(ABORT, 'a ledger entry is never edited');
END;

CREATE TRIGGER sale_fixed BEFORE UPDATE OF number, total_minor, body ON sale BEGIN
    SELECT raise(ABORT, 'a sale is never edited');
END;

-- What this till did, in the order it did it. Sealing gives an operation its place in the incarnation's chain.
CREATE TABLE outbox (
    local_no      INTEGER PRIMARY KEY AUTOINCREMENT,
    op_id         TEXT    NOT NULL UNIQUE,
    kind          TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    class         TEXT    NOT NULL CHECK (class IN ('fact', 'claim', 'edit')),
    at            INTEGER NOT NULL,
    staff_id      TEXT,
    hlc_ms        INTEGER NOT NULL,
    hlc_counter   INTEGER NOT NULL,
    payload       TEXT    NOT NULL,
    incarnation   TEXT,
    seq           INTEGER,
    prev_hash     TEXT,
    hash          TEXT,
    state         TEXT    NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sealed', 'acked', 'confirmed', 'refused', 'dead')),
    reason        TEXT,
    acked_at      INTEGER,
    -- The hub's number of the change that confirmed it, within the present epoch.
    confirmed_seq INTEGER,
    CHECK (state NOT IN ('sealed', 'acked')
        OR (seq IS NOT NULL AND incarnation IS NOT NULL AND prev_hash IS NOT NULL AND hash IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX outbox_place ON outbox (incarnation, seq);
CREATE INDEX outbox_state ON outbox (state, local_no);

-- Which rows an operation concerns; `edits` is 1 where it changes the entity itself.
CREATE TABLE outbox_touch (
    local_no INTEGER NOT NULL REFERENCES outbox (local_no) ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    edits    INTEGER NOT NULL,
    PRIMARY KEY (local_no, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_touch_edits ON outbox_touch (kind, id, local_no) WHERE edits = 1;

CREATE TRIGGER outbox_payload_fixed BEFORE UPDATE OF op_id, kind, version, payload, at, staff_id ON outbox BEGIN
    SELECT raise(ABORT, 'an operation is never edited');
END;

-- What people did here, append only; `subject` in a few words, e.g. a receipt's number or a customer's name.
CREATE TABLE journal (
    entry_no INTEGER PRIMARY KEY AUTOINCREMENT,
    op_id    TEXT    NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    staff_id TEXT,
    kind     TEXT    NOT NULL,
    subject  TEXT    NOT NULL
) STRICT;
CREATE INDEX journal_at ON journal (at);

CREATE TRIGGER journal_update BEFORE UPDATE ON journal BEGIN
    SELECT raise(ABORT, 'the journal is append only');
END;
CREATE TRIGGER journal_delete BEFORE DELETE ON journal BEGIN
    SELECT raise(ABORT, 'the journal is append only');
END;

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Not operations: what one till keeps for itself.
CREATE TABLE cart (
    cart_id    TEXT    NOT NULL PRIMARY KEY,
    body       TEXT    NOT NULL CHECK (json_valid(body)),
    state      TEXT    NOT NULL CHECK (state IN ('open', 'parked')),
    label      TEXT    NOT NULL DEFAULT '',
    parked_at  INTEGER,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
