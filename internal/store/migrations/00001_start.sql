-- The schema of the first release, one text for SQLite and PostgreSQL. Times
-- are Unix microseconds in UTC, and 0 is "never"; amounts are in minor units.
-- SQLite ignores the names of types that it does not know (BYTEA), so that
-- blobs stay blobs there.

-- +goose Up
CREATE TABLE orders (
    id              TEXT PRIMARY KEY,
    token_hash      BYTEA   NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('open', 'authorized', 'paid', 'review', 'expired', 'canceled')),
    payment_status  TEXT    NOT NULL CHECK (payment_status IN ('unpaid', 'checking', 'requires_action', 'processing', 'authorized', 'paid', 'failed', 'review', 'partially_refunded', 'refunded')),
    message         TEXT    NOT NULL,
    review_reason   TEXT    NOT NULL,
    version         BIGINT  NOT NULL,
    currency        TEXT    NOT NULL,
    amount          BIGINT  NOT NULL CHECK (amount >= 0),
    refunded        BIGINT  NOT NULL CHECK (refunded >= 0),
    items           TEXT    NOT NULL, -- JSON
    customer_id     TEXT    NOT NULL,
    livemode        BOOLEAN NOT NULL,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    expiry_check_at BIGINT  NOT NULL, -- when the order's expiry may be claimed
    paid_at         BIGINT  NOT NULL
);
CREATE INDEX orders_expiring ON orders (expiry_check_at) WHERE status = 'open';
CREATE INDEX orders_created ON orders (created_at);

CREATE TABLE attempts (
    id              TEXT PRIMARY KEY,
    order_id        TEXT   NOT NULL REFERENCES orders (id),
    n               BIGINT NOT NULL,
    token           TEXT   NOT NULL,
    idempotency_key TEXT   NOT NULL,
    params          TEXT   NOT NULL, -- JSON
    intent_id       TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture', 'succeeded', 'failed', 'canceled')),
    error_type      TEXT   NOT NULL,
    error_code      TEXT   NOT NULL,
    decline_code    TEXT   NOT NULL,
    message         TEXT   NOT NULL,
    checks          BIGINT NOT NULL,
    check_at        BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    CONSTRAINT attempts_number UNIQUE (order_id, n),
    CONSTRAINT attempts_token UNIQUE (order_id, token),
    CONSTRAINT attempts_key UNIQUE (idempotency_key)
);
-- An order has at most one attempt that may still take money.
CREATE UNIQUE INDEX attempts_one_active ON attempts (order_id)
    WHERE state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture');
CREATE INDEX attempts_due ON attempts (check_at)
    WHERE state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture') AND check_at > 0;

-- An intent belongs to one order for ever, so its id is the key.
CREATE TABLE intents (
    id            TEXT PRIMARY KEY,
    order_id      TEXT   NOT NULL REFERENCES orders (id),
    status        TEXT   NOT NULL CHECK (status IN ('requires_payment_method', 'requires_confirmation', 'requires_action', 'processing', 'requires_capture', 'succeeded', 'canceled')),
    client_secret TEXT   NOT NULL,
    amount        BIGINT NOT NULL,
    currency      TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX intents_order ON intents (order_id);

CREATE TABLE effects (
    order_id   TEXT   NOT NULL REFERENCES orders (id),
    kind       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (order_id, kind)
);

CREATE TABLE refunds (
    id         TEXT PRIMARY KEY,
    order_id   TEXT   NOT NULL REFERENCES orders (id),
    intent_id  TEXT   NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX refunds_order ON refunds (order_id);

CREATE TABLE disputes (
    id         TEXT PRIMARY KEY,
    order_id   TEXT   NOT NULL REFERENCES orders (id),
    intent_id  TEXT   NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX disputes_order ON disputes (order_id);

-- The inbox, which is also the queue. The payload comes last, so that SQLite
-- reads the other columns without it.
CREATE TABLE events (
    id               TEXT PRIMARY KEY,
    type             TEXT    NOT NULL,
    account          TEXT    NOT NULL,
    api_version      TEXT    NOT NULL,
    version_mismatch BOOLEAN NOT NULL,
    livemode         BOOLEAN NOT NULL,
    created          BIGINT  NOT NULL,
    event_group      TEXT    NOT NULL,
    source           TEXT    NOT NULL CHECK (source IN ('webhook', 'backfill')),
    secret           TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('received', 'working', 'unmatched', 'done', 'ignored', 'dead', 'quarantined')),
    note             TEXT    NOT NULL,
    order_id         TEXT    NOT NULL,
    tries            BIGINT  NOT NULL,
    next_at          BIGINT  NOT NULL,
    lease_token      TEXT    NOT NULL,
    lease_until      BIGINT  NOT NULL,
    received_at      BIGINT  NOT NULL,
    finished_at      BIGINT  NOT NULL,
    payload          BYTEA   NOT NULL
);
-- For claims, which read only due events, however many are finished or not due.
CREATE INDEX events_waiting ON events (next_at, received_at, id) WHERE state IN ('received', 'unmatched');
CREATE INDEX events_waiting_group ON events (event_group, received_at, id, state) WHERE state IN ('received', 'unmatched');
-- At most one event of a group is worked at a time.
CREATE UNIQUE INDEX events_one_of_group ON events (event_group) WHERE state = 'working' AND event_group <> '';
CREATE INDEX events_leased ON events (lease_until) WHERE state = 'working';
-- For the lists.
CREATE INDEX events_received ON events (received_at, id);
CREATE INDEX events_finished ON events (state, received_at, id) WHERE state NOT IN ('received', 'unmatched', 'working');
CREATE INDEX events_order ON events (order_id, received_at) WHERE order_id <> '';

CREATE TABLE cursors (
    account TEXT PRIMARY KEY,
    at      BIGINT NOT NULL
);

CREATE TABLE rejected (
    reason TEXT PRIMARY KEY,
    n      BIGINT NOT NULL
);

CREATE TABLE buyers (
    id          TEXT PRIMARY KEY,
    customer_id TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE settings (
    name       TEXT PRIMARY KEY,
    value      BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);
