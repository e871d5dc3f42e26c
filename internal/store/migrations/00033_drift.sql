-- Comparisons of the orders with what Stripe holds.

-- +goose Up

-- One day of one account.
CREATE TABLE drift_runs (
    id          TEXT PRIMARY KEY, -- the day, and the account behind a slash
    day         TEXT    NOT NULL, -- 2006-01-02, UTC
    account     TEXT    NOT NULL, -- '' is the platform's own
    from_at     BIGINT  NOT NULL,
    until_at    BIGINT  NOT NULL,
    whole       BOOLEAN NOT NULL, -- until_at is the end of the day
    state       TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed', 'skipped')),
    phase       TEXT    NOT NULL,
    cursor_id   TEXT    NOT NULL, -- the last object that the phase has dealt with
    charges     BIGINT  NOT NULL,
    neighbours  BIGINT  NOT NULL,
    judged      BIGINT  NOT NULL,
    findings    BIGINT  NOT NULL,
    failures    BIGINT  NOT NULL,
    problem     TEXT    NOT NULL,
    next_at     BIGINT  NOT NULL, -- when it is due, or due again if its worker dies
    lease_token TEXT    NOT NULL,
    began_at    BIGINT  NOT NULL,
    finished_at BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL
);
CREATE INDEX drift_runs_due ON drift_runs (next_at) WHERE state = 'running';
CREATE INDEX drift_runs_day ON drift_runs (day, account);

-- What a run has seen at Stripe or looks at once more, until it ends.
CREATE TABLE drift_objects (
    run_id    TEXT NOT NULL,
    object_id TEXT NOT NULL,
    suspect   TEXT NOT NULL, -- JSON, '' if there is nothing to look at
    PRIMARY KEY (run_id, object_id)
);
CREATE INDEX drift_suspects ON drift_objects (run_id, object_id) WHERE suspect <> '';

-- What differs.
CREATE TABLE drift_findings (
    id         TEXT PRIMARY KEY,
    kind       TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    intent_id  TEXT   NOT NULL,
    object_id  TEXT   NOT NULL,
    currency   TEXT   NOT NULL,
    at_stripe  BIGINT NOT NULL,
    here       BIGINT NOT NULL,
    detail     TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('open', 'gone', 'dismissed')),
    note       TEXT   NOT NULL, -- of whoever dismissed it
    suspect    TEXT   NOT NULL, -- JSON: how to look at it again
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    closed_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX drift_findings_once ON drift_findings (account, kind, object_id);
CREATE INDEX drift_findings_open ON drift_findings (account, kind) WHERE state = 'open';
CREATE INDEX drift_findings_created ON drift_findings (created_at, id);

CREATE INDEX orders_paid_at ON orders (account, paid_at) WHERE paid_at > 0;
CREATE INDEX refunds_created ON refunds (created_at);
