-- What is to be published on behalf.grants.v1. The columns are those of Debezium's outbox event router, so that it can
-- take the place of the relay. The numbers need not be in the order of the commits: of one grant, client or token they
-- are, since nothing is revoked before it is committed, and a revocation is never taken back.
CREATE TABLE outbox (
    revision      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id            uuid NOT NULL,
    aggregatetype text NOT NULL,
    aggregateid   text NOT NULL,
    type          text NOT NULL,
    payload       text NOT NULL,
    created_at    timestamptz NOT NULL
);

-- Which replica publishes. Only the holder of the newest epoch may.
CREATE TABLE relay_lease (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    owner    text NOT NULL,
    epoch    bigint NOT NULL,
    until    timestamptz NOT NULL
);
INSERT INTO relay_lease (owner, epoch, until) VALUES ('', 0, '-infinity');

-- Events that the broker refuses for what they are.
CREATE TABLE dead_letter (
    revision      bigint PRIMARY KEY,
    id            uuid NOT NULL,
    aggregatetype text NOT NULL,
    aggregateid   text NOT NULL,
    type          text NOT NULL,
    payload       text NOT NULL,
    created_at    timestamptz NOT NULL,
    reason        text NOT NULL
);

-- What access tokens that have not expired yet are nevertheless refused for.
CREATE TABLE revocation (
    kind       text NOT NULL CHECK (kind IN ('grant', 'token', 'client')),
    id         text NOT NULL,
    revision   bigint NOT NULL,
    revoked_at timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    reason     text NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX revocation_until ON revocation (until);
