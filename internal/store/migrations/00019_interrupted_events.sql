-- +goose Up

-- How often a worker stopped while it held the event. That is no try of the
-- event, and is counted apart.
ALTER TABLE events ADD COLUMN interrupted BIGINT NOT NULL DEFAULT 0;
