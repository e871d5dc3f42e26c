-- +goose Up

-- The attempt at a payment that the browser with the token made last, and the
-- one before it that paid its order; '' for none.
ALTER TABLE buyer_tokens ADD COLUMN last_attempt_id TEXT NOT NULL DEFAULT '';
ALTER TABLE buyer_tokens ADD COLUMN paid_attempt_id TEXT NOT NULL DEFAULT '';
