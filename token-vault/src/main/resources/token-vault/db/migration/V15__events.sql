-- What is to be published on behalf.connections.v1. The columns are those of Debezium's outbox event router, so that it
-- can take the place of the relay. Of one connection the numbers are in the order of the commits: whoever changes it
-- holds its row.
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
