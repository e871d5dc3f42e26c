-- +goose Up

-- The certificates of the server's own https, one for each domain and CA.
CREATE TABLE certificates (
    id          TEXT PRIMARY KEY, -- the domain, a space, the directory of the CA
    domain      TEXT   NOT NULL,
    directory   TEXT   NOT NULL,
    chain       TEXT   NOT NULL, -- PEM; '' before the first one
    private_key TEXT   NOT NULL, -- PEM, sealed
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    order_url   TEXT   NOT NULL, -- of the order at the CA; '' for none in flight
    order_key   TEXT   NOT NULL, -- PEM, sealed
    challenge   TEXT   NOT NULL CHECK (challenge IN ('http-01', 'tls-alpn-01')), -- that is tried next
    tries       BIGINT NOT NULL, -- that failed since the last success
    problem     TEXT   NOT NULL,
    failed_at   BIGINT NOT NULL,
    next_at     BIGINT NOT NULL, -- when it is due, or its lease ends
    lease_token TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- What the CA will look for; any replica answers.
CREATE TABLE certificate_challenges (
    token      TEXT PRIMARY KEY,
    domain     TEXT   NOT NULL,
    kind       TEXT   NOT NULL CHECK (kind IN ('http-01', 'tls-alpn-01')),
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
