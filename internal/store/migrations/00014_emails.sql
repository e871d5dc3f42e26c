-- +goose Up

-- E-mails to buyers and to the shop about what happened. The text is made when
-- an e-mail is sent, and an address is nowhere here.
CREATE TABLE emails (
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
CREATE INDEX emails_due ON emails (next_at) WHERE state IN ('due', 'sending');
CREATE INDEX emails_order ON emails (order_id);
CREATE INDEX emails_created ON emails (created_at);
