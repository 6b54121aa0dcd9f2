-- Which agent may use which connection. Whoever is not here may not.
CREATE TABLE allowance (
    connection uuid NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    agent      text NOT NULL,
    scopes     text[], -- null: whatever the connection has
    given_at   timestamptz NOT NULL,
    until      timestamptz,
    PRIMARY KEY (connection, agent)
);
