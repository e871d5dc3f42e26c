-- +goose Up

-- The runs of the checklist before going live, with all their checks.
CREATE TABLE golive_runs (
    id         TEXT PRIMARY KEY,
    report     TEXT   NOT NULL, -- JSON
    created_at BIGINT NOT NULL
);
CREATE INDEX golive_runs_created ON golive_runs (created_at, id);

-- What a person ticked, or took back. The last row of a box counts.
CREATE TABLE golive_ticks (
    id         TEXT PRIMARY KEY,
    box        TEXT    NOT NULL,
    ticked     BOOLEAN NOT NULL,
    person     TEXT    NOT NULL, -- who is responsible, no buyer
    note       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX golive_ticks_box ON golive_ticks (box, created_at, id);

-- When each key of the Stripe account was seen first.
CREATE TABLE golive_keys (
    id         TEXT PRIMARY KEY, -- a part of the key's SHA-256
    created_at BIGINT NOT NULL
);

-- The webhook endpoints that were created at Stripe from here. A secret is not
-- kept: a row tells whether it was shown.
CREATE TABLE golive_endpoints (
    id          TEXT PRIMARY KEY, -- also of the idempotency key
    connect     BOOLEAN NOT NULL,
    url         TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL, -- at Stripe; '' until it answered
    state       TEXT    NOT NULL CHECK (state IN ('begun', 'made', 'shown', 'given_up')),
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL
);
CREATE INDEX golive_endpoints_open ON golive_endpoints (connect, created_at) WHERE state <> 'shown';
