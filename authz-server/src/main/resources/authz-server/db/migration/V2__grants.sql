ALTER TABLE signing_key ADD COLUMN alg text NOT NULL DEFAULT 'ES256';

-- What a person has allowed, and is not asked again for: one row for each agent at each resource.
CREATE TABLE consent (
    id           text PRIMARY KEY,
    subject      text NOT NULL,
    client_id    text NOT NULL,
    client_name  text NOT NULL,
    client_host  text,
    anonymous    boolean NOT NULL,
    actor        text NOT NULL,
    resource     text NOT NULL,
    scopes       text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    UNIQUE (subject, client_id, actor, resource)
);

-- A pushed authorization request (RFC 9126).
CREATE TABLE pushed_request (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    client_id  text NOT NULL,
    parameters text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pushed_request_expires_at ON pushed_request (expires_at);

-- An authorization code. A redeemed one stays until it would be forgotten anyhow, so that a replay is noticed.
CREATE TABLE authorization_code (
    digest       bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    client_id    text NOT NULL,
    redirect_uri text,
    challenge    text NOT NULL,
    gid          text NOT NULL,
    subject      text NOT NULL,
    username     text NOT NULL,
    actor        text NOT NULL,
    resources    text[] NOT NULL,
    scopes       text NOT NULL,
    nonce        text,
    auth_time    timestamptz NOT NULL,
    grant_until  timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    redeemed_at  timestamptz
);
CREATE INDEX authorization_code_expires_at ON authorization_code (expires_at);

-- What an agent holds: made by redeeming a code, or by delegation from a grant above it. The unit of revocation.
-- Of its refresh tokens the newest and the two before are known by digest; all of them begin with the family's secret.
CREATE TABLE user_grant (
    gid                text PRIMARY KEY,
    parent             text REFERENCES user_grant ON DELETE CASCADE,
    subject            text NOT NULL,
    username           text NOT NULL,
    client_id          text NOT NULL,
    act                text NOT NULL,
    resources          text[] NOT NULL,
    scopes             text NOT NULL,
    auth_time          timestamptz NOT NULL,
    created_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    last_used_at       timestamptz NOT NULL,
    revoked_at         timestamptz,
    family             bytea UNIQUE CHECK (octet_length(family) = 32),
    refresh            bytea CHECK (octet_length(refresh) = 32),
    refresh_until      timestamptz,
    previous           bytea CHECK (octet_length(previous) = 32),
    previous_used_at   timestamptz,
    previous_successor bytea,
    older              bytea CHECK (octet_length(older) = 32),
    older_used_at      timestamptz,
    older_successor    bytea
);
CREATE INDEX user_grant_parent ON user_grant (parent);
CREATE INDEX user_grant_subject ON user_grant (subject, client_id);
CREATE INDEX user_grant_client ON user_grant (client_id);
CREATE INDEX user_grant_expires_at ON user_grant (expires_at);
