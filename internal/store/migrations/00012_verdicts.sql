-- +goose Up

-- What the shop's rules decided about an attempt before it was made.
ALTER TABLE attempts ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
