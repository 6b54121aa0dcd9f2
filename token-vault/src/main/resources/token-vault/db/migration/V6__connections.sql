-- The accounts that users have connected. The tokens themselves are sealed secrets of the record connection/<id>; their
-- version there is token_version here.
CREATE TABLE connection (
    id              uuid PRIMARY KEY,
    owner           text NOT NULL,
    provider        text NOT NULL,
    account         text NOT NULL,
    username        text,
    display_name    text,
    email           text,
    avatar_url      text,
    profile_url     text,
    scopes          text[] NOT NULL,
    refreshable     boolean NOT NULL,
    obstacle        text, -- why the user must connect again; null: nothing
    connected_at    timestamptz NOT NULL,
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz,
    last_used_at    timestamptz,
    last_used_by    text,
    token_version   bigint NOT NULL,
    -- Who refreshes now, and until when nobody else does.
    lease_owner     text,
    lease_until     timestamptz,
    lease_epoch     bigint NOT NULL DEFAULT 0,
    failures        int NOT NULL DEFAULT 0,
    retry_at        timestamptz,
    UNIQUE (owner, provider, account)
);
CREATE INDEX connection_due ON connection (expires_at) WHERE refreshable AND obstacle IS NULL;
