-- +goose Up

-- The invoice of the intent was marked as paid outside of Stripe.
ALTER TABLE intents ADD COLUMN paid_out_of_band BOOLEAN NOT NULL DEFAULT FALSE;
