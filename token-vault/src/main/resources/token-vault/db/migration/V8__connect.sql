-- Users on their way to a provider and back. The digest is of the state; its code verifier is a sealed secret.
CREATE TABLE connect_request (
    digest       bytea PRIMARY KEY,
    id           uuid NOT NULL,
    owner        text NOT NULL,
    provider     text NOT NULL,
    redirect_uri text NOT NULL,
    scopes       text[] NOT NULL,
    reconnect    uuid,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX connect_request_expiry ON connect_request (expires_at);
