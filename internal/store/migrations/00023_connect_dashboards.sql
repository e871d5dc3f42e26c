-- +goose Up

-- Links to the dashboard of a connected account, and the sessions that they
-- become. The tokens of both are not stored.
CREATE TABLE connect_dashboards (
    id              TEXT PRIMARY KEY, -- cdl_…
    account_id      TEXT   NOT NULL,
    components      TEXT   NOT NULL, -- JSON: the features of each component
    link_hash       BYTEA  NOT NULL, -- SHA-256
    link_expires_at BIGINT NOT NULL,
    session_hash    BYTEA  NOT NULL, -- SHA-256, empty until the link is opened
    expires_at      BIGINT NOT NULL, -- of the link, then of the session
    created_at      BIGINT NOT NULL,
    CONSTRAINT connect_dashboards_link UNIQUE (link_hash)
);
CREATE INDEX connect_dashboards_session ON connect_dashboards (session_hash);
CREATE INDEX connect_dashboards_expires ON connect_dashboards (expires_at);
