-- Orders of the shop's backend.

-- +goose Up

-- What the shop's backend decided about an order, as JSON.
ALTER TABLE orders ADD COLUMN shop TEXT NOT NULL DEFAULT '{}';
