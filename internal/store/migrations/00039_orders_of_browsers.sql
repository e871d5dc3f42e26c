-- +goose Up

-- The order that the browser with the token paid last; '' is not known.
ALTER TABLE buyer_tokens ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
