-- Browsers in which people are signed in at the vault's pages. The digest is of the cookie.
CREATE TABLE session (
    digest   bytea PRIMARY KEY,
    subject  text NOT NULL,
    username text NOT NULL,
    begun_at timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL
);
CREATE INDEX session_seen ON session (seen_at);

-- Who was sent to a provider from a page comes back in the same browser, and goes on to that page.
ALTER TABLE connect_request
    ADD COLUMN browser bytea, -- digest of what the browser keeps; null: an app began it
    ADD COLUMN page    text;
