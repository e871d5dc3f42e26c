-- Orders that are charged in connected accounts.

-- +goose Up

-- The connected account that is charged, '' for the platform's own. Everything
-- of the order at Stripe is in it.
ALTER TABLE orders ADD COLUMN account TEXT NOT NULL DEFAULT '';
-- What the platform takes of the order, and whom it pays, as JSON.
ALTER TABLE orders ADD COLUMN connect TEXT NOT NULL DEFAULT '{}';
CREATE INDEX orders_account ON orders (account, created_at) WHERE account <> '';

-- What a capture, or a refund, does with the platform's fee and the transfer.
ALTER TABLE operations ADD COLUMN fee BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN transfer BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN refund_fee BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE operations ADD COLUMN reverse_transfer BOOLEAN NOT NULL DEFAULT FALSE;

-- A buyer has one customer in each account. The primary key of buyers was the
-- ID alone. The former table is renamed first, which on PostgreSQL waits for
-- those who write to it.
ALTER TABLE buyers RENAME TO buyers_before;
CREATE TABLE buyers (
    id          TEXT   NOT NULL,
    account     TEXT   NOT NULL, -- '' is the platform's own
    customer_id TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id, account)
);
INSERT INTO buyers (id, account, customer_id, created_at, revoked_at)
    SELECT id, '', customer_id, created_at, revoked_at FROM buyers_before;
DROP TABLE buyers_before;
CREATE INDEX buyers_customer ON buyers (customer_id);
