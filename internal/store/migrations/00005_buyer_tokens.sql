-- Buyers are recognized by random tokens, of which the database has the hashes.
-- Their cookies were signed before, with a key that every copy of the database
-- held in clear: whoever read one could pose as any buyer. The key goes, and
-- with it every signed cookie; their buyers get a token with their next order.

-- +goose Up
CREATE TABLE buyer_tokens (
    hash         BYTEA  PRIMARY KEY,
    buyer_id     TEXT   NOT NULL, -- the row of buyers may come and go
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL
);
CREATE INDEX buyer_tokens_buyer ON buyer_tokens (buyer_id, last_used_at);
CREATE INDEX buyer_tokens_expiring ON buyer_tokens (expires_at);

ALTER TABLE buyers ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX buyers_customer ON buyers (customer_id);

DELETE FROM settings WHERE name = 'buyer_cookie';
