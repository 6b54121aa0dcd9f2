CREATE TABLE signing_key (
    id         text PRIMARY KEY,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE api_key (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    scopes       text NOT NULL,
    prefix       text NOT NULL,
    last4        text NOT NULL,
    digest       bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    expires_at   timestamptz
);
