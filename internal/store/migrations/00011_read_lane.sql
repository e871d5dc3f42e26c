-- +goose Up

-- A lane of events that wait for a reading at Stripe comes between our own and
-- the unknown ones: see webhooks.Lane.
UPDATE events SET priority = priority + 2
    WHERE state IN ('received', 'unmatched', 'working') AND priority BETWEEN 2 AND 5;
