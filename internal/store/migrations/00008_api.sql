-- The API of the shop's backend.

-- +goose Up

-- Keys, of which the database has the hashes.
CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    name         TEXT    NOT NULL,
    hash         BYTEA   NOT NULL, -- SHA-256 of the key
    hint         TEXT    NOT NULL, -- how the key begins and ends
    scope        TEXT    NOT NULL CHECK (scope IN ('read', 'write', 'refund')),
    livemode     BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    last_used_at BIGINT  NOT NULL,
    revoked_at   BIGINT  NOT NULL,
    CONSTRAINT api_keys_hash UNIQUE (hash)
);

-- Requests with an Idempotency-Key, and their answers, for a day. An answer
-- holds what the order holds, and is sealed.
CREATE TABLE api_requests (
    id          TEXT PRIMARY KEY,
    key_hash    BYTEA  NOT NULL, -- SHA-256 of the API key's ID and the Idempotency-Key
    fingerprint BYTEA  NOT NULL, -- SHA-256 of the method, the path and the body
    lease_token TEXT   NOT NULL,
    lease_until BIGINT NOT NULL,
    answer      BYTEA  NOT NULL, -- empty until there is one
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    CONSTRAINT api_requests_key UNIQUE (key_hash)
);
CREATE INDEX api_requests_expiring ON api_requests (expires_at);

-- The shop's own names for an order and its customer, '' for none.
ALTER TABLE orders ADD COLUMN reference TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN customer_reference TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX orders_reference ON orders (reference) WHERE reference <> '';
CREATE INDEX orders_customer_reference ON orders (customer_reference, created_at) WHERE customer_reference <> '';
