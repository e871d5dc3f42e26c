-- +goose Up

-- When an event's payload was replaced by its hash, 0 for never.
ALTER TABLE events ADD COLUMN payload_removed_at BIGINT NOT NULL DEFAULT 0;

-- For the retention, which reads only what still has personal data.
CREATE INDEX events_kept ON events (received_at)
    WHERE payload_removed_at = 0 AND state IN ('done', 'ignored', 'quarantined');
CREATE INDEX orders_kept ON orders (status, updated_at) WHERE erased_at = 0;
CREATE INDEX emails_problems ON emails (created_at) WHERE problem <> '';

-- What the retention removes, each with who is at it and how far it is.
CREATE TABLE retention (
    name        TEXT PRIMARY KEY,
    next_at     BIGINT NOT NULL, -- when it is due, or due again if its worker dies
    lease_token TEXT   NOT NULL,
    removed     BIGINT NOT NULL, -- ever
    swept_at    BIGINT NOT NULL  -- when nothing was left to remove
);
INSERT INTO retention (name, next_at, lease_token, removed, swept_at) VALUES
    ('events', 0, '', 0, 0), ('orders', 0, '', 0, 0), ('emails', 0, '', 0, 0), ('sources', 0, '', 0, 0);
