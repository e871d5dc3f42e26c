-- +goose Up

-- One creation of each kind at a time: of several that were begun, the last
-- one counts.
UPDATE golive_endpoints SET state = 'given_up'
WHERE state IN ('begun', 'made') AND EXISTS (
    SELECT 1 FROM golive_endpoints AS later
    WHERE later.connect = golive_endpoints.connect AND later.state IN ('begun', 'made')
        AND (later.created_at > golive_endpoints.created_at
            OR later.created_at = golive_endpoints.created_at AND later.id > golive_endpoints.id)
);

DROP INDEX golive_endpoints_open;
CREATE UNIQUE INDEX golive_endpoints_unshown ON golive_endpoints (connect) WHERE state IN ('begun', 'made');
