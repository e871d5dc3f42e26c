-- +goose Up

-- Letters to buyers and to the shop about what happened. The text is made when
-- a letter is sent, and an address is nowhere here.
CREATE TABLE letters (
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
    CONSTRAINT letters_once UNIQUE (effect_id, recipient)
);
CREATE INDEX letters_due ON letters (next_at) WHERE state IN ('due', 'sending');
CREATE INDEX letters_order ON letters (order_id);
CREATE INDEX letters_created ON letters (created_at);
