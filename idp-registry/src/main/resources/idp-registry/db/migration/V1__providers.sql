-- One row: the number of the last change. A writing transaction locks it until it commits, so that the order of the
-- numbers is the order of the commits.
CREATE TABLE registry_revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    revision bigint NOT NULL
);
INSERT INTO registry_revision (revision) VALUES (0);

CREATE TABLE identity_provider (
    namespace  text NOT NULL,
    name       text NOT NULL,
    revision   bigint NOT NULL UNIQUE,
    host       text NOT NULL,
    issuer     text NOT NULL,
    resource   text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (namespace, name)
);
CREATE INDEX identity_provider_host ON identity_provider (host, issuer);

-- What is to be published, in the order of revision. The columns are those of Debezium's outbox event router, so that
-- it can take the place of the relay.
CREATE TABLE outbox (
    revision      bigint PRIMARY KEY,
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

-- The changes of the last while, for streams that resume.
CREATE TABLE change_log (
    revision   bigint PRIMARY KEY,
    id         uuid NOT NULL,
    subject    text NOT NULL,
    type       text NOT NULL,
    payload    text NOT NULL,
    changed_by text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Events that the broker refuses for what they are; the newer state of the same provider is published nevertheless.
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
