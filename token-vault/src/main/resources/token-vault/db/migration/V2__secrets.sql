-- The key-encryption keys that were ever used here. A removed one stays, so that no replica wraps anything by it again.
CREATE TABLE key_encryption_key (
    id            text PRIMARY KEY,
    first_used_at timestamptz NOT NULL,
    removed_at    timestamptz
);

-- One encrypted value for each place. The data key stands beside it, wrapped, so that it can be wrapped anew without
-- touching the value; a row that is deleted takes its data key along.
CREATE TABLE sealed_secret (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text NOT NULL,
    owner       text NOT NULL,
    record      text NOT NULL,
    field       text NOT NULL,
    version     bigint NOT NULL,
    kek_id      text NOT NULL REFERENCES key_encryption_key (id),
    wrapped_dek bytea NOT NULL,
    sealed      bytea NOT NULL,
    changed_at  timestamptz NOT NULL,
    UNIQUE (tenant, owner, record, field)
);
CREATE INDEX sealed_secret_kek ON sealed_secret (kek_id, id);
