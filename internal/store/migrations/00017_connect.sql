-- +goose Up

-- The Stripe accounts of others that are, or were, connected to the platform.
CREATE TABLE connect_accounts (
    id               TEXT PRIMARY KEY, -- acct_…
    reference        TEXT    NOT NULL,
    scope            TEXT    NOT NULL CHECK (scope IN ('read_only', 'read_write')),
    livemode         BOOLEAN NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('connected', 'disconnected')),
    connected_at     BIGINT  NOT NULL,
    disconnected_at  BIGINT  NOT NULL,
    charges_enabled  BOOLEAN NOT NULL,
    payouts_enabled  BOOLEAN NOT NULL,
    country          TEXT    NOT NULL,
    default_currency TEXT    NOT NULL,
    read_at          BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL
);
CREATE INDEX connect_accounts_created ON connect_accounts (created_at, id);
CREATE INDEX connect_accounts_reference ON connect_accounts (reference, created_at, id) WHERE reference <> '';
