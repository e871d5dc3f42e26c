-- Modes and options of an order, discounts, shipping and contacts; partial
-- captures; subscriptions; operations (captures, cancelations and refunds that
-- the shop asks for).

-- +goose Up
ALTER TABLE orders ADD COLUMN mode TEXT NOT NULL DEFAULT 'payment';
ALTER TABLE orders ADD COLUMN options TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE orders ADD COLUMN captured BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN promotion_code TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN promotion_held BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE orders ADD COLUMN promotion_limit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN discount BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN shipping_rate TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE orders ADD COLUMN contact TEXT NOT NULL DEFAULT '{}'; -- JSON

ALTER TABLE intents ADD COLUMN captured BIGINT NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN capture_before BIGINT NOT NULL DEFAULT 0; -- when a hold expires
ALTER TABLE intents ADD COLUMN subscription_id TEXT NOT NULL DEFAULT '';
ALTER TABLE intents ADD COLUMN renewal BOOLEAN NOT NULL DEFAULT FALSE; -- it pays a later invoice, not the order
-- Before there were partial captures, everything that was paid was captured in
-- full.
UPDATE intents SET captured = amount WHERE status = 'succeeded';
UPDATE orders SET captured = CAST((SELECT COALESCE(SUM(i.captured), 0) FROM intents i WHERE i.order_id = orders.id) AS BIGINT)
    WHERE paid_at > 0 OR status = 'review';

-- Which of our operations asked for a refund, and when Stripe created it.
ALTER TABLE refunds ADD COLUMN operation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;

-- How many orders hold a use of a promotion code.
CREATE TABLE promotions (
    code TEXT PRIMARY KEY,
    uses BIGINT NOT NULL CHECK (uses >= 0)
);

CREATE TABLE subscriptions (
    id                   TEXT PRIMARY KEY,
    order_id             TEXT    NOT NULL REFERENCES orders (id),
    customer_id          TEXT    NOT NULL,
    status               TEXT    NOT NULL,
    cancel_at_period_end BOOLEAN NOT NULL,
    period_end           BIGINT  NOT NULL,
    readings             BIGINT  NOT NULL,
    created_at           BIGINT  NOT NULL,
    updated_at           BIGINT  NOT NULL
);
CREATE INDEX subscriptions_order ON subscriptions (order_id);
CREATE INDEX subscriptions_customer ON subscriptions (customer_id);

-- Operations that the shop asked for. A row is written before Stripe is called.
CREATE TABLE operations (
    id              TEXT PRIMARY KEY,
    order_id        TEXT   NOT NULL REFERENCES orders (id),
    intent_id       TEXT   NOT NULL,
    kind            TEXT   NOT NULL CHECK (kind IN ('capture', 'cancel', 'refund')),
    amount          BIGINT NOT NULL,
    reason          TEXT   NOT NULL,
    idempotency_key TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('started', 'done', 'failed')),
    note            TEXT   NOT NULL, -- its result at Stripe, or why it failed
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    CONSTRAINT operations_key UNIQUE (idempotency_key)
);
CREATE INDEX operations_order ON operations (order_id);
-- An order has at most one operation whose outcome is unknown.
CREATE UNIQUE INDEX operations_one_started ON operations (order_id) WHERE state = 'started';
