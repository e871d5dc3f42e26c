-- What the buyer was told to do away from the page, how long that is valid,
-- and how much of a bank transfer has arrived.

-- +goose Up
ALTER TABLE attempts ADD COLUMN instructions TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN instructions_until BIGINT NOT NULL DEFAULT 0; -- 0: no date
ALTER TABLE attempts ADD COLUMN instructions_url TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN funded BIGINT NOT NULL DEFAULT 0;
-- The orders of a customer whose bank transfer came late.
CREATE INDEX orders_customer ON orders (customer_id) WHERE customer_id <> '';
