-- +goose Up

-- The servers that are running, which share the budget of requests to Stripe.
CREATE TABLE replicas (
    id          TEXT PRIMARY KEY,
    lease_until BIGINT NOT NULL
);
