-- +goose Up

-- Who tried to pay: a keyed hash of the client's address, '' for nobody who is
-- counted. The guard against card testing counts by it.
ALTER TABLE attempts ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE INDEX attempts_source ON attempts (source, created_at) WHERE source <> '';
CREATE INDEX attempts_counted ON attempts (created_at) WHERE source <> '';
