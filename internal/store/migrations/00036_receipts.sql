-- +goose Up

-- What an order was paid with: type, brand, last four digits and wallet. {} is
-- not known.
ALTER TABLE orders ADD COLUMN payment_method TEXT NOT NULL DEFAULT '{}';

-- When the buyer agreed to which version of the terms. {} is never.
ALTER TABLE orders ADD COLUMN consent TEXT NOT NULL DEFAULT '{}';
