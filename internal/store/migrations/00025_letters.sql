-- Builds between two releases had the e-mails in a table named letters, which
-- migration 14 created. Everywhere else there is no such table, and this
-- changes nothing.

-- +goose Up
CREATE TABLE IF NOT EXISTS emails (
    id          TEXT PRIMARY KEY,
    effect_id   TEXT   NOT NULL,
    order_id    TEXT   NOT NULL REFERENCES orders (id),
    kind        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    recipient   TEXT   NOT NULL CHECK (recipient IN ('buyer', 'shop')),
    state       TEXT   NOT NULL CHECK (state IN ('due', 'sending', 'sent', 'failed', 'unknown', 'skipped')),
    tries       BIGINT NOT NULL,
    problem     TEXT   NOT NULL,
    next_at     BIGINT NOT NULL, -- when it is due, or when its sender counts as dead
    lease_token TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    done_at     BIGINT NOT NULL,
    CONSTRAINT emails_once UNIQUE (effect_id, recipient)
);
CREATE INDEX IF NOT EXISTS emails_due ON emails (next_at) WHERE state IN ('due', 'sending');
CREATE INDEX IF NOT EXISTS emails_order ON emails (order_id);
CREATE INDEX IF NOT EXISTS emails_created ON emails (created_at);

-- SQL cannot ask whether a table is there: an empty one stands in for it.
CREATE TABLE IF NOT EXISTS letters (
    id TEXT, effect_id TEXT, order_id TEXT, kind TEXT, subject TEXT, recipient TEXT, state TEXT, tries BIGINT,
    problem TEXT, next_at BIGINT, lease_token TEXT, created_at BIGINT, done_at BIGINT
);
INSERT INTO emails (id, effect_id, order_id, kind, subject, recipient, state, tries, problem, next_at, lease_token,
        created_at, done_at)
    SELECT id, effect_id, order_id, kind, subject, recipient, state, tries, problem, next_at, lease_token,
        created_at, done_at FROM letters;
DROP TABLE letters;
