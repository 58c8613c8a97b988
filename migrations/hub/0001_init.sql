-- One set of statements for both engines: TEXT, BIGINT and nothing else. Ids are UUIDs as text, times Unix
-- milliseconds, JSON is text. The tenant leads every key that a tenant's rows have.

CREATE TABLE hub (
    one BIGINT PRIMARY KEY,
    epoch TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- `head` numbers the tenant's changes: whoever writes for the tenant holds this row's lock.
CREATE TABLE tenants (
    tenant_id TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL,
    head BIGINT NOT NULL,
    archived BIGINT NOT NULL,
    tills BIGINT NOT NULL,
    hub_device_id TEXT NOT NULL,
    publishable_key TEXT NOT NULL UNIQUE
);

CREATE TABLE users (
    user_id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE refresh_families (
    family_id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    family_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE pairing_codes (
    code_hash TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE devices (
    tenant_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    till_code TEXT NOT NULL,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    paired_at BIGINT NOT NULL,
    revoked_at BIGINT,
    clock_flagged_at BIGINT,
    PRIMARY KEY (tenant_id, device_id)
);

-- The lives of a device's database: each has its own gapless chain of operations.
CREATE TABLE device_lives (
    tenant_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_id, incarnation)
);

CREATE TABLE card_keys (
    tenant_id TEXT NOT NULL,
    key_id BIGINT NOT NULL,
    public_key TEXT NOT NULL,
    sealed_seed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key_id)
);

-- Every operation that arrived, with the result that a retry gets again. Never expires.
CREATE TABLE operations (
    tenant_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    seq BIGINT NOT NULL,
    op_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    result TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_id, incarnation, seq)
);
CREATE INDEX operations_by_op ON operations (tenant_id, op_id);

CREATE TABLE changes (
    tenant_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    op_id TEXT,
    row_count BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- What the hub could not read, as it came.
CREATE TABLE dead_letters (
    tenant_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    seq BIGINT NOT NULL,
    op_id TEXT NOT NULL,
    raw TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_id, incarnation, seq)
);

-- What a revoked device still pushed, for the owner to judge.
CREATE TABLE quarantine (
    tenant_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    raw TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_id, incarnation, seq, hash)
);

-- First answers of plain requests by their Idempotency-Key. Never expires; answers are sealed.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    idem_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, idem_key)
);

-- What is edited field by field. `lookup` and `lookup_at` serve searches: a customer's phone; the installer and
-- start of a visit that is booked.
CREATE TABLE entity (
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    body TEXT NOT NULL,
    clocks TEXT NOT NULL,
    deleted BIGINT NOT NULL,
    lookup TEXT,
    lookup_at BIGINT,
    PRIMARY KEY (tenant_id, kind, entity_id)
);
CREATE INDEX entity_by_lookup ON entity (tenant_id, kind, lookup, lookup_at);

CREATE TABLE sale (
    tenant_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    op_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    till_code TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    customer_id TEXT,
    currency TEXT NOT NULL,
    total_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, sale_id)
);
CREATE INDEX sale_by_time ON sale (tenant_id, at);

CREATE TABLE refund (
    tenant_id TEXT NOT NULL,
    refund_id TEXT NOT NULL,
    op_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    currency TEXT NOT NULL,
    total_minor BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, refund_id)
);
CREATE INDEX refund_by_sale ON refund (tenant_id, sale_id);

CREATE TABLE stamp (
    tenant_id TEXT NOT NULL,
    stamp_id TEXT NOT NULL,
    op_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    stamps BIGINT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, stamp_id)
);
CREATE INDEX stamp_by_customer ON stamp (tenant_id, customer_id);

CREATE TABLE stock (
    tenant_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    op_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    quantity_milli BIGINT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, entry_id)
);
CREATE INDEX stock_by_product ON stock (tenant_id, product_id);

CREATE TABLE cash (
    tenant_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    op_id TEXT NOT NULL,
    shift_id TEXT,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, entry_id)
);
CREATE INDEX cash_by_shift ON cash (tenant_id, shift_id);

CREATE TABLE shift (
    tenant_id TEXT NOT NULL,
    shift_id TEXT NOT NULL,
    event TEXT NOT NULL,
    op_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, shift_id, event)
);

-- The ledgers' sums, kept in the transaction that adds an entry.
CREATE TABLE stamp_balance (
    tenant_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    balance BIGINT NOT NULL,
    last_given_at BIGINT,
    PRIMARY KEY (tenant_id, customer_id)
);

CREATE TABLE stock_balance (
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    quantity_milli BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id)
);
