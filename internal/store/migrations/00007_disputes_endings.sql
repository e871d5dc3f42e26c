-- +goose Up

-- Disputes have a deadline for evidence.
ALTER TABLE disputes ADD COLUMN evidence_due_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE disputes ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;

-- An effect may be about an object at Stripe, such as a dispute: it then
-- happens once for each. SQLite cannot change a primary key, so the table is
-- made anew.
CREATE TABLE effects_by_subject (
    order_id   TEXT   NOT NULL REFERENCES orders (id),
    kind       TEXT   NOT NULL,
    subject    TEXT   NOT NULL, -- the object's ID, '' for the order itself
    created_at BIGINT NOT NULL,
    PRIMARY KEY (order_id, kind, subject)
);
INSERT INTO effects_by_subject (order_id, kind, subject, created_at)
    SELECT order_id, kind, '', created_at FROM effects;
DROP TABLE effects;
ALTER TABLE effects_by_subject RENAME TO effects;

-- When a subscription ends or ended; 0 while it continues.
ALTER TABLE subscriptions ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;
UPDATE subscriptions SET ends_at = period_end WHERE cancel_at_period_end;
ALTER TABLE orders ADD COLUMN subscription_ends_at BIGINT NOT NULL DEFAULT 0;
UPDATE orders SET subscription_ends_at = COALESCE((SELECT MAX(s.ends_at) FROM subscriptions s
    WHERE s.order_id = orders.id AND s.status <> 'incomplete_expired'), 0) WHERE mode = 'subscription';
