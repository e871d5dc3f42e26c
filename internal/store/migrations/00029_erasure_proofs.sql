-- +goose Up

-- Whom an erasure was about, as a keyed hash; and what it removed, as JSON.
ALTER TABLE erasures ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE erasures ADD COLUMN proof TEXT NOT NULL DEFAULT '{}';
CREATE INDEX erasures_subject ON erasures (subject, created_at) WHERE subject <> '';

-- The charges of a payment, whose card is erased with it.
CREATE INDEX mirror_charges_payment ON mirror_charges (payment_id);
