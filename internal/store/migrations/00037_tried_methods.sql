-- +goose Up

-- The type of the payment method that failed; '' is not known.
ALTER TABLE attempts ADD COLUMN method_type TEXT NOT NULL DEFAULT '';
