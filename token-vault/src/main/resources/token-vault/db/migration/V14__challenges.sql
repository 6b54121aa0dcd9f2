-- A program of the user's that keeps the code verifier itself gives its challenge, by which it is known again.
ALTER TABLE connect_request ADD COLUMN challenge text;
