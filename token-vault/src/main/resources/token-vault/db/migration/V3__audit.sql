-- Who did what with whose account. Each hash covers the entry and the hash before it.
CREATE TABLE audit_entry (
    sequence     bigint PRIMARY KEY,
    at           timestamptz NOT NULL,
    action       text NOT NULL,
    outcome      text NOT NULL,
    subject      text,
    agent        text,
    provider     text,
    connection   text,
    purpose      text,
    scopes       text,
    token_digest text,
    request_id   text,
    detail       text,
    hash         bytea NOT NULL
);
CREATE INDEX audit_entry_subject ON audit_entry (subject, sequence);
CREATE INDEX audit_entry_agent ON audit_entry (agent, sequence);

-- One row: the end of the chain. Who appends locks it until the commit, so that the chain has one end.
CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    sequence bigint NOT NULL,
    hash     bytea NOT NULL
);
INSERT INTO audit_head (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
