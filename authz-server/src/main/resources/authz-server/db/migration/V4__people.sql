CREATE TABLE account (
    id              text PRIMARY KEY,
    username        text NOT NULL,
    username_key    text NOT NULL UNIQUE, -- the same for all that look alike but for their case
    name            text,
    email           text,
    email_verified  boolean NOT NULL,
    disabled        boolean NOT NULL,
    password_digest text,
    created_at      timestamptz NOT NULL
);

CREATE TABLE account_link (
    issuer     text NOT NULL,
    subject    text NOT NULL,
    account_id text NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX account_link_account ON account_link (account_id);

CREATE TABLE password_ticket (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    account_id text NOT NULL REFERENCES account ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_ticket_account ON password_ticket (account_id);

CREATE TABLE session (
    id            text PRIMARY KEY,
    digest        bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    account_id    text NOT NULL REFERENCES account ON DELETE CASCADE,
    method        text NOT NULL,
    auth_time     timestamptz NOT NULL,
    signed_in_for text,
    seen_at       timestamptz NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_seen ON session (seen_at);

CREATE TABLE known_browser (
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
    account_id text NOT NULL REFERENCES account ON DELETE CASCADE,
    used_at    timestamptz NOT NULL,
    PRIMARY KEY (digest, account_id)
);
CREATE INDEX known_browser_account ON known_browser (account_id, used_at);

CREATE TABLE sign_in_attempts (
    key        bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    started_at timestamptz NOT NULL,
    attempts   int NOT NULL
);
CREATE INDEX sign_in_attempts_started ON sign_in_attempts (started_at);

CREATE TABLE federated_sign_in (
    state_digest bytea PRIMARY KEY CHECK (octet_length(state_digest) = 32),
    browser      bytea NOT NULL CHECK (octet_length(browser) = 32),
    provider     text NOT NULL,
    page         text NOT NULL,
    again        boolean NOT NULL,
    connect_to   text REFERENCES account ON DELETE CASCADE,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX federated_sign_in_expiry ON federated_sign_in (expires_at);
