-- +goose Up

-- How far the copy of a connected account's payments has come. The table is
-- also the queue of the pages to read.
CREATE TABLE mirror_accounts (
    id            TEXT PRIMARY KEY REFERENCES connect_accounts (id),
    since         BIGINT NOT NULL, -- where the history starts, 0 for all of it
    connection_at BIGINT NOT NULL, -- the connection that the passes are of
    first_at      BIGINT NOT NULL, -- nothing in the account is older, 0 if not known
    pass          BIGINT NOT NULL,
    pass_from     BIGINT NOT NULL,
    started_at    BIGINT NOT NULL,
    lists         TEXT   NOT NULL, -- JSON, with their cursors
    objects       BIGINT NOT NULL,
    calls         BIGINT NOT NULL,
    backfilled_at BIGINT NOT NULL,
    failures      BIGINT NOT NULL,
    problem       TEXT   NOT NULL,
    pause         BIGINT NOT NULL, -- nanoseconds
    next_at       BIGINT NOT NULL, -- when it is due, or its lease ends
    lease_token   TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX mirror_accounts_due ON mirror_accounts (next_at) WHERE lease_token = '';
CREATE INDEX mirror_accounts_leased ON mirror_accounts (next_at) WHERE lease_token <> '';

-- What is mirrored. phase, as_of and step order the readings of an object.
CREATE TABLE mirror_payments (
    account         TEXT   NOT NULL,
    id              TEXT   NOT NULL, -- pi_…
    amount          BIGINT NOT NULL,
    received        BIGINT NOT NULL,
    application_fee BIGINT NOT NULL,
    currency        TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    latest_charge   TEXT   NOT NULL,
    error_code      TEXT   NOT NULL,
    decline_code    TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    canceled_at     BIGINT NOT NULL,
    phase           BIGINT NOT NULL,
    as_of           BIGINT NOT NULL,
    step            BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
-- Lists are newest first, and may be filtered by state, currency and amount.
-- The amount is in each index, so that a filter reads no row that it drops.
CREATE INDEX mirror_payments_created ON mirror_payments (account, created_at, id, amount);
CREATE INDEX mirror_payments_status ON mirror_payments (account, status, created_at, id, amount);
CREATE INDEX mirror_payments_currency ON mirror_payments (account, currency, created_at, id, amount);
CREATE INDEX mirror_payments_both ON mirror_payments (account, currency, status, created_at, id, amount);
CREATE INDEX mirror_payments_amount ON mirror_payments (account, amount, created_at, id, status, currency);

CREATE TABLE mirror_charges (
    account      TEXT    NOT NULL,
    id           TEXT    NOT NULL, -- ch_… or py_…
    payment_id   TEXT    NOT NULL,
    amount       BIGINT  NOT NULL,
    captured     BIGINT  NOT NULL,
    refunded     BIGINT  NOT NULL,
    currency     TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    disputed     BOOLEAN NOT NULL,
    failure_code TEXT    NOT NULL,
    decline_code TEXT    NOT NULL,
    card_brand   TEXT    NOT NULL,
    card_last4   TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    phase        BIGINT  NOT NULL,
    as_of        BIGINT  NOT NULL,
    step         BIGINT  NOT NULL,
    fee          BIGINT  NOT NULL DEFAULT 0,
    fee_currency TEXT    NOT NULL DEFAULT '', -- '' while the fee is not known
    PRIMARY KEY (account, id)
);
CREATE INDEX mirror_charges_created ON mirror_charges (account, created_at);

CREATE TABLE mirror_refunds (
    account    TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- re_…
    charge_id  TEXT   NOT NULL,
    payment_id TEXT   NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    phase      BIGINT NOT NULL,
    as_of      BIGINT NOT NULL,
    step       BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX mirror_refunds_created ON mirror_refunds (account, created_at);

CREATE TABLE mirror_disputes (
    account      TEXT   NOT NULL,
    id           TEXT   NOT NULL, -- dp_… or du_…
    charge_id    TEXT   NOT NULL,
    payment_id   TEXT   NOT NULL,
    amount       BIGINT NOT NULL,
    currency     TEXT   NOT NULL,
    status       TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    fee          BIGINT NOT NULL,
    fee_currency TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    phase        BIGINT NOT NULL,
    as_of        BIGINT NOT NULL,
    step         BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX mirror_disputes_created ON mirror_disputes (account, created_at);
