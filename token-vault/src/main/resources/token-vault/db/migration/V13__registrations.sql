-- What discovery found of a provider, which the definition changes; the resource that its tokens are for; and the issuer
-- at which the vault has registered its client, if it has.
ALTER TABLE provider
    ADD COLUMN resource     text,
    ADD COLUMN found        text,
    ADD COLUMN registration text;
CREATE INDEX provider_resource ON provider (resource) WHERE resource IS NOT NULL;
CREATE INDEX provider_registration ON provider (registration) WHERE registration IS NOT NULL;

-- The vault as a client that has registered itself, once for each issuer. Its secrets are a sealed one of the record
-- registration/<id>.
CREATE TABLE client_registration (
    id                uuid PRIMARY KEY,
    issuer            text NOT NULL UNIQUE,
    endpoint          text NOT NULL,
    wanted            text NOT NULL,
    scope             text,
    client_id         text, -- null: there is none
    authentication    text NOT NULL,
    management_url    text,
    metadata          text NOT NULL,
    secret_expires_at timestamptz,
    lost              boolean NOT NULL DEFAULT false, -- the server has refused the client
    registered_at     timestamptz,
    obstacle          text,
    not_before        timestamptz,
    version           bigint NOT NULL DEFAULT 0,
    lease_until       timestamptz -- until then nobody else registers
);
