-- +goose Up

-- What the tokens and secrets that a request's answer shows are made of, so
-- that its repetitions show the same; sealed.
ALTER TABLE api_requests ADD COLUMN seed TEXT NOT NULL DEFAULT '';
