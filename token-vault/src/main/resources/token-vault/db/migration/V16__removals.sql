-- A provider that an operator takes away is there until the tokens of its connections are ended. Meanwhile nobody
-- connects at it or gets a token of it.
ALTER TABLE provider ADD COLUMN removed_at timestamptz; -- null: it is in use

-- How far that is. One replica works on it at a time (the lease).
CREATE TABLE provider_removal (
    instance      uuid PRIMARY KEY,
    name          text NOT NULL,
    total         bigint NOT NULL,
    ended         bigint NOT NULL DEFAULT 0,
    revoked       bigint NOT NULL DEFAULT 0,
    not_supported bigint NOT NULL DEFAULT 0,
    failed        bigint NOT NULL DEFAULT 0,
    obstacle      text,
    begun_by      text NOT NULL,
    begun_at      timestamptz NOT NULL,
    lease_owner   text NOT NULL,
    lease_until   timestamptz NOT NULL
);
CREATE INDEX connection_instance ON connection (provider_instance, id);
