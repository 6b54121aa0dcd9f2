-- Providers that operators set up through the API: what they wrote, without the secret, which is a sealed one.
CREATE SEQUENCE provider_revision;
CREATE TABLE provider (
    name              text PRIMARY KEY,
    issuer            text,
    definition        text NOT NULL,
    has_client_secret boolean NOT NULL,
    revision          bigint NOT NULL DEFAULT nextval('provider_revision'),
    changed_by        text NOT NULL,
    changed_at        timestamptz NOT NULL
);
CREATE INDEX provider_issuer ON provider (issuer) WHERE issuer IS NOT NULL;
