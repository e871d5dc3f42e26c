-- +goose Up

-- When the buyer's personal data was removed from an order, 0 for never.
ALTER TABLE orders ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;

-- Which order an answer is about: it is erased with the order's customer.
ALTER TABLE api_requests ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
CREATE INDEX api_requests_order ON api_requests (order_id) WHERE order_id <> '';

-- Erasures of the shop's customers. The table is the queue of their deletions
-- at Stripe.
CREATE TABLE erasures (
    id          TEXT PRIMARY KEY,
    reference   TEXT   NOT NULL, -- '' once Stripe has deleted the customers
    customers   TEXT   NOT NULL, -- JSON, those that Stripe still has
    state       TEXT   NOT NULL CHECK (state IN ('deleting', 'closing', 'done')),
    tries       BIGINT NOT NULL,
    next_at     BIGINT NOT NULL, -- when it is due, or due again if its worker dies
    lease_token TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    done_at     BIGINT NOT NULL
);
CREATE INDEX erasures_due ON erasures (next_at) WHERE state <> 'done';
CREATE INDEX erasures_reference ON erasures (reference) WHERE reference <> '';

-- The orders, intents, subscriptions and customers of erasures: events about
-- them are stored without their payload from then on.
CREATE TABLE erased (
    id         TEXT PRIMARY KEY,
    erasure_id TEXT NOT NULL
);
CREATE INDEX erased_by ON erased (erasure_id);

-- The events of an intent or a customer that have ended.
CREATE INDEX events_ended_group ON events (event_group) WHERE state NOT IN ('received', 'unmatched', 'working');
