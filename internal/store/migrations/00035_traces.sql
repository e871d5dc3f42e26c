-- +goose Up

-- The spans that later work continues, as W3C's traceparent; '' if there were
-- no traces.
ALTER TABLE orders ADD COLUMN trace TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN trace TEXT NOT NULL DEFAULT '';
ALTER TABLE effects ADD COLUMN trace TEXT NOT NULL DEFAULT '';
ALTER TABLE emails ADD COLUMN trace TEXT NOT NULL DEFAULT '';
