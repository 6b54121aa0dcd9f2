-- Data keys being wrapped by another key. One replica works at a time (the lease), from the lowest secret to the highest.
CREATE TABLE key_rotation (
    id          uuid PRIMARY KEY,
    to_key      text NOT NULL,
    state       text NOT NULL CHECK (state IN ('running', 'finished')),
    total       bigint NOT NULL,
    done        bigint NOT NULL,
    failed      bigint NOT NULL,
    position    bigint NOT NULL,
    obstacle    text,
    started_by  text NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    lease_owner text NOT NULL,
    lease_until timestamptz NOT NULL
);
CREATE UNIQUE INDEX key_rotation_one_runs ON key_rotation (state) WHERE state = 'running';
