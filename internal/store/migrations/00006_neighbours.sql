-- +goose Up

-- Which events go first: see webhooks.Priority. What waits already has been
-- tried, or goes first.
ALTER TABLE events ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;
UPDATE events SET priority = 3 WHERE state = 'unmatched';

DROP INDEX events_waiting;
CREATE INDEX events_waiting ON events (priority, next_at, received_at, id) WHERE state IN ('received', 'unmatched');
-- Events that are not ours, should their intent be linked to an order after
-- all.
CREATE INDEX events_not_ours ON events (event_group) WHERE state = 'ignored' AND priority = 8;

-- Objects of other integrations on the account, so that Stripe is asked about
-- each of them only once.
CREATE TABLE not_ours (
    id       TEXT PRIMARY KEY, -- of an intent, an invoice or a subscription
    until_at BIGINT NOT NULL
);
CREATE INDEX not_ours_until ON not_ours (until_at);

-- Money that names an order, but that no attempt of the order took.
CREATE TABLE foreign_payments (
    id         TEXT PRIMARY KEY, -- order/intent
    order_id   TEXT   NOT NULL REFERENCES orders (id),
    intent_id  TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT   NOT NULL,
    adopted    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX foreign_payments_order ON foreign_payments (order_id);

-- The proof on a refund at Stripe. A refund that was begun before has none.
ALTER TABLE operations ADD COLUMN proof TEXT NOT NULL DEFAULT '';
