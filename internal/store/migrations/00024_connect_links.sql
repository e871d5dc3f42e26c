-- +goose Up

ALTER TABLE connect_accounts ADD COLUMN connections BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connect_accounts ADD COLUMN by_event BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE connect_accounts ADD COLUMN disconnect_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX connect_accounts_read ON connect_accounts (read_at) WHERE state = 'connected';

-- The links by which owners connect their accounts.
CREATE TABLE connect_links (
    id          TEXT PRIMARY KEY,
    token_hash  BYTEA   NOT NULL,
    reference   TEXT    NOT NULL,
    scope       TEXT    NOT NULL, -- asked for
    livemode    BOOLEAN NOT NULL,
    terms       TEXT    NOT NULL, -- JSON, sealed; '' once they are not needed
    return_url  TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'exchanging', 'connected')),
    problem     TEXT    NOT NULL, -- of the last try
    account_id  TEXT    NOT NULL,
    taken_state BYTEA   NOT NULL, -- hash of the state of the last callback
    exchange_at BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL
);
CREATE INDEX connect_links_taken ON connect_links (taken_state) WHERE length(taken_state) > 0;
CREATE INDEX connect_links_exchanging ON connect_links (exchange_at) WHERE state = 'exchanging';
CREATE INDEX connect_links_expires ON connect_links (expires_at);

-- The authorizations that have begun at Stripe: the state of OAuth, once.
CREATE TABLE connect_states (
    hash         BYTEA  PRIMARY KEY,
    link_id      TEXT   NOT NULL REFERENCES connect_links (id),
    browser_hash BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX connect_states_link ON connect_states (link_id);
CREATE INDEX connect_states_expires ON connect_states (expires_at);

-- An effect, and its deliveries, may be about an account instead of an order.
-- SQLite cannot drop a reference, so the tables are made anew. The former ones
-- are renamed first, which on PostgreSQL waits for those who write to them:
-- what a server of the former release has just written is copied, too.
ALTER TABLE effects RENAME TO effects_before;
ALTER TABLE deliveries RENAME TO deliveries_before;
ALTER TABLE delivery_tries RENAME TO delivery_tries_before;

CREATE TABLE effects (
    id            TEXT PRIMARY KEY,
    order_id      TEXT   NOT NULL, -- '' if it is about an account
    n             BIGINT NOT NULL,
    kind          TEXT   NOT NULL,
    subject       TEXT   NOT NULL, -- an ID, '' for the order itself
    object_status TEXT   NOT NULL, -- of the subject, then
    order_then    TEXT   NOT NULL, -- JSON
    tries         BIGINT NOT NULL,
    next_at       BIGINT NOT NULL, -- when it is due, or due again if its worker dies
    lease_token   TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    done_at       BIGINT NOT NULL, -- 0 while it is to be worked
    account_id    TEXT   NOT NULL  -- '' if it is about an order
);
INSERT INTO effects (id, order_id, n, kind, subject, object_status, order_then, tries, next_at, lease_token,
        created_at, done_at, account_id)
    SELECT id, order_id, n, kind, subject, object_status, order_then, tries, next_at, lease_token,
        created_at, done_at, '' FROM effects_before;

CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    endpoint_id TEXT   NOT NULL REFERENCES endpoints (id),
    effect_id   TEXT   NOT NULL REFERENCES effects (id),
    order_id    TEXT   NOT NULL,
    n           BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    note        TEXT   NOT NULL,
    tries       BIGINT NOT NULL,
    began_at    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL, -- when it is due, or its lease ends
    lease_token TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    account_id  TEXT   NOT NULL
);
INSERT INTO deliveries (id, endpoint_id, effect_id, order_id, n, kind, state, note, tries, began_at, next_at,
        lease_token, created_at, finished_at, account_id)
    SELECT id, endpoint_id, effect_id, order_id, n, kind, state, note, tries, began_at, next_at,
        lease_token, created_at, finished_at, '' FROM deliveries_before;

CREATE TABLE delivery_tries (
    id          TEXT PRIMARY KEY,
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id),
    at          BIGINT NOT NULL,
    took        BIGINT NOT NULL, -- nanoseconds
    status      BIGINT NOT NULL, -- of the answer, 0 for none
    problem     TEXT   NOT NULL,
    excerpt     TEXT   NOT NULL  -- of an answer that is not 2xx, sealed
);
INSERT INTO delivery_tries (id, delivery_id, at, took, status, problem, excerpt)
    SELECT id, delivery_id, at, took, status, problem, excerpt FROM delivery_tries_before;

DROP TABLE delivery_tries_before;
DROP TABLE deliveries_before;
DROP TABLE effects_before;

CREATE UNIQUE INDEX effects_once ON effects (order_id, account_id, kind, subject);
CREATE UNIQUE INDEX effects_number ON effects (order_id, account_id, n);
CREATE INDEX effects_due ON effects (next_at) WHERE done_at = 0;
CREATE INDEX effects_waiting ON effects (order_id, account_id, n) WHERE done_at = 0;
CREATE INDEX effects_created ON effects (created_at, id);

CREATE UNIQUE INDEX deliveries_once ON deliveries (endpoint_id, effect_id);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at) WHERE state = 'pending' AND lease_token = '';
CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, order_id, account_id, n) WHERE state = 'pending';
-- Never two of an order, or of an account, at once.
CREATE UNIQUE INDEX deliveries_one_of_order ON deliveries (endpoint_id, order_id, account_id) WHERE lease_token <> '';
CREATE INDEX deliveries_created ON deliveries (created_at, id);
CREATE INDEX deliveries_ended ON deliveries (finished_at) WHERE finished_at > 0;
CREATE INDEX deliveries_order ON deliveries (order_id);
CREATE INDEX delivery_tries_delivery ON delivery_tries (delivery_id, at);
