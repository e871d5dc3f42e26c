-- +goose Up

-- What the former releases did not tell as effects is not told now: the shop
-- has seen it long ago.
INSERT INTO effects (order_id, kind, subject, created_at)
    SELECT d.order_id, 'order.disputed', d.id, d.updated_at FROM disputes d WHERE true
    ON CONFLICT DO NOTHING;
INSERT INTO effects (order_id, kind, subject, created_at)
    SELECT d.order_id, 'order.dispute_closed', d.id, d.updated_at FROM disputes d
    WHERE d.status IN ('won', 'lost', 'warning_closed', 'prevented')
    ON CONFLICT DO NOTHING;
INSERT INTO effects (order_id, kind, subject, created_at)
    SELECT r.order_id, 'order.refund_failed', r.id, r.updated_at FROM refunds r
    WHERE r.status IN ('failed', 'canceled')
    ON CONFLICT DO NOTHING;
-- Not what Stripe released of a hold.
INSERT INTO effects (order_id, kind, subject, created_at)
    SELECT r.order_id, 'order.refunded', r.id, r.updated_at
    FROM refunds r JOIN intents i ON i.id = r.intent_id JOIN orders o ON o.id = r.order_id
    WHERE r.status NOT IN ('failed', 'canceled') AND i.status = 'succeeded'
        AND NOT (r.amount = i.amount - i.captured AND r.operation_id = ''
            AND r.created_at > 0 AND r.created_at < o.paid_at + 60000000)
    ON CONFLICT DO NOTHING;

-- An effect has an ID that receivers know it by and a number within its order,
-- keeps what the order was then, and is worked under a lease. SQLite cannot
-- change a primary key, so the table is made anew.
CREATE TABLE effects_as_work (
    id            TEXT PRIMARY KEY,
    order_id      TEXT   NOT NULL REFERENCES orders (id),
    n             BIGINT NOT NULL,
    kind          TEXT   NOT NULL,
    subject       TEXT   NOT NULL, -- an ID, '' for the order itself
    object_status TEXT   NOT NULL, -- of the subject, then
    order_then    TEXT   NOT NULL, -- JSON
    tries         BIGINT NOT NULL,
    next_at       BIGINT NOT NULL, -- when it is due, or due again if its worker dies
    lease_token   TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    done_at       BIGINT NOT NULL, -- 0 while it is to be worked
    CONSTRAINT effects_once UNIQUE (order_id, kind, subject),
    CONSTRAINT effects_number UNIQUE (order_id, n)
);
INSERT INTO effects_as_work (id, order_id, n, kind, subject, object_status, order_then,
        tries, next_at, lease_token, created_at, done_at)
    SELECT 'eff_' || order_id || '_' || REPLACE(kind, '.', '_') || '_' || subject, order_id,
        ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY created_at, kind, subject),
        kind, subject, '', '{}', 0, 0, '', created_at, created_at
    FROM effects;
DROP TABLE effects;
ALTER TABLE effects_as_work RENAME TO effects;

CREATE INDEX effects_due ON effects (next_at) WHERE done_at = 0;
CREATE INDEX effects_waiting ON effects (order_id, n) WHERE done_at = 0;
