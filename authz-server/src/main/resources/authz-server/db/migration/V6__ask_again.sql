-- Whether the consent counts no more until the person gives it again, as an operator ended what came of it.
ALTER TABLE consent ADD COLUMN ask_again boolean NOT NULL DEFAULT false;

CREATE INDEX pushed_request_client ON pushed_request (client_id, expires_at);
