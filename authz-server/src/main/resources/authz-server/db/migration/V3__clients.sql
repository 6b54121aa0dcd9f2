-- Clients that an operator made by the API or that registered themselves (RFC 7591); and, of those whose id is the URL
-- of their metadata, only that they were used or are disabled.
CREATE TABLE client (
    id                 text COLLATE "C" PRIMARY KEY, -- pages of the list are in the order of its bytes
    origin             text NOT NULL CHECK (origin IN ('OPERATOR', 'REGISTERED', 'METADATA_DOCUMENT')),
    metadata           text NOT NULL, -- a JSON object in the words of RFC 7591, as accepted
    resources          text NOT NULL, -- a JSON object: scopes by resource, for client_credentials
    secret             bytea CHECK (octet_length(secret) = 32),
    registration_token bytea UNIQUE CHECK (octet_length(registration_token) = 32),
    enabled            boolean NOT NULL,
    created_at         timestamptz NOT NULL,
    last_used_at       timestamptz,
    expires_at         timestamptz -- null: never
);

CREATE INDEX client_expiry ON client (expires_at) WHERE expires_at IS NOT NULL;

-- Self-registered and never used: there may be only so many.
CREATE INDEX client_unused ON client (created_at) WHERE origin = 'REGISTERED' AND last_used_at IS NULL;

-- The assertions by which clients proved themselves (RFC 7523 §3): each is good once until it expires.
CREATE TABLE client_assertion (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    expires_at timestamptz NOT NULL
);

CREATE INDEX client_assertion_expiry ON client_assertion (expires_at);
