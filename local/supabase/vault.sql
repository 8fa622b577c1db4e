-- Schema vault as the extension supabase_vault makes it: `postgres` reads and deletes secrets, writes them through
-- functions only, and a secret is readable in the project it was made in and in no other. Run by supabase_admin.

CREATE SCHEMA vault;
CREATE TABLE vault.secrets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text,
  description text NOT NULL DEFAULT '',
  secret text NOT NULL,
  key_id uuid,
  nonce bytea DEFAULT extensions.gen_random_bytes(16),
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX secrets_name_idx ON vault.secrets (name) WHERE name IS NOT NULL;

-- The platform keeps the key outside the database. Here each project's function returns another one.
CREATE FUNCTION vault._root_key() RETURNS text LANGUAGE sql AS $$ SELECT 'replaced in every project' $$;

CREATE FUNCTION vault._crypto_aead_det_decrypt(message text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  SELECT extensions.pgp_sym_decrypt(decode(message, 'base64'), vault._root_key())
$$;
CREATE FUNCTION vault._crypto_aead_det_encrypt(message text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  SELECT encode(extensions.pgp_sym_encrypt(message, vault._root_key()), 'base64')
$$;
CREATE VIEW vault.decrypted_secrets AS
  SELECT id, name, description, secret, vault._crypto_aead_det_decrypt(secret) AS decrypted_secret,
    key_id, nonce, created_at, updated_at
  FROM vault.secrets;

CREATE FUNCTION vault.create_secret(
  new_secret text, new_name text = NULL, new_description text = '', new_key_id uuid = NULL
) RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO vault.secrets (secret, name, description)
  VALUES (vault._crypto_aead_det_encrypt(new_secret), new_name, new_description)
  RETURNING id
$$;
CREATE FUNCTION vault.update_secret(
  secret_id uuid, new_secret text = NULL, new_name text = NULL, new_description text = NULL, new_key_id uuid = NULL
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  UPDATE vault.secrets SET
    secret = coalesce(vault._crypto_aead_det_encrypt(new_secret), secret),
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    updated_at = now()
  WHERE id = secret_id
$$;

SELECT extensions.stand_in_extension('supabase_vault', 'vault', '0.3.1', '{vault.secrets}');
ALTER EXTENSION supabase_vault ADD TABLE vault.secrets;
ALTER EXTENSION supabase_vault ADD VIEW vault.decrypted_secrets;
ALTER EXTENSION supabase_vault ADD FUNCTION vault._root_key();
ALTER EXTENSION supabase_vault ADD FUNCTION vault._crypto_aead_det_decrypt(text);
ALTER EXTENSION supabase_vault ADD FUNCTION vault._crypto_aead_det_encrypt(text);
ALTER EXTENSION supabase_vault ADD FUNCTION vault.create_secret(text, text, text, uuid);
ALTER EXTENSION supabase_vault ADD FUNCTION vault.update_secret(uuid, text, text, text, uuid);

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC;
GRANT USAGE ON SCHEMA vault TO postgres WITH GRANT OPTION;
GRANT USAGE ON SCHEMA vault TO service_role;
GRANT SELECT, DELETE, TRUNCATE, REFERENCES ON vault.secrets, vault.decrypted_secrets TO postgres WITH GRANT OPTION;
GRANT SELECT, DELETE ON vault.secrets, vault.decrypted_secrets TO service_role;
GRANT EXECUTE ON FUNCTION vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt
  TO postgres WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt TO service_role;
