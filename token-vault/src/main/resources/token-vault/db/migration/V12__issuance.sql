-- Who issued a connection's tokens, and to whom: they are shown to nobody else, whatever becomes of the provider of that
-- name. A provider that is deleted and created again is another instance.
ALTER TABLE provider ADD COLUMN instance uuid NOT NULL DEFAULT gen_random_uuid();

ALTER TABLE connection
    -- Connections from before this was kept are of no instance: their users connect again.
    ADD COLUMN provider_instance uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN client_id         text,
    ADD COLUMN refresh_url       text,
    ADD COLUMN revocation_url    text;
ALTER TABLE connection ALTER COLUMN provider_instance DROP DEFAULT;

DELETE FROM connect_request; -- nobody is on the way for longer than minutes
ALTER TABLE connect_request ADD COLUMN bound_to text NOT NULL;
