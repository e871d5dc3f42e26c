-- +goose Up

-- The webhook endpoints of the shop's backend.
CREATE TABLE endpoints (
    id              TEXT PRIMARY KEY,
    url             TEXT   NOT NULL,
    types           TEXT   NOT NULL, -- JSON, [] for all
    secrets         TEXT   NOT NULL, -- JSON, sealed
    state           TEXT   NOT NULL CHECK (state IN ('enabled', 'disabled')),
    reason          TEXT   NOT NULL,
    source          TEXT   NOT NULL CHECK (source IN ('command', 'configuration')),
    enabled_at      BIGINT NOT NULL,
    last_success_at BIGINT NOT NULL,
    failing_since   BIGINT NOT NULL,
    told_at         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX endpoints_configured ON endpoints (url) WHERE source = 'configuration';

-- An effect on its way to an endpoint. The table is a queue for each endpoint.
CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    endpoint_id TEXT   NOT NULL REFERENCES endpoints (id),
    effect_id   TEXT   NOT NULL REFERENCES effects (id),
    order_id    TEXT   NOT NULL,
    n           BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    note        TEXT   NOT NULL,
    tries       BIGINT NOT NULL,
    began_at    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL, -- when it is due, or its lease ends
    lease_token TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    CONSTRAINT deliveries_once UNIQUE (endpoint_id, effect_id)
);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at) WHERE state = 'pending' AND lease_token = '';
CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, order_id, n) WHERE state = 'pending';
-- Never two of an order at once.
CREATE UNIQUE INDEX deliveries_one_of_order ON deliveries (endpoint_id, order_id) WHERE lease_token <> '';
CREATE INDEX deliveries_created ON deliveries (created_at, id);
CREATE INDEX deliveries_ended ON deliveries (finished_at) WHERE finished_at > 0;
CREATE INDEX deliveries_order ON deliveries (order_id);

-- The requests of a delivery, with their answers.
CREATE TABLE delivery_tries (
    id          TEXT PRIMARY KEY,
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id),
    at          BIGINT NOT NULL,
    took        BIGINT NOT NULL, -- nanoseconds
    status      BIGINT NOT NULL, -- of the answer, 0 for none
    problem     TEXT   NOT NULL,
    excerpt     TEXT   NOT NULL  -- of an answer that is not 2xx, sealed
);
CREATE INDEX delivery_tries_delivery ON delivery_tries (delivery_id, at);

-- For redelivering since a time.
CREATE INDEX effects_created ON effects (created_at, id);
