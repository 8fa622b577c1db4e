import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ApiKeys } from './api-keys.ts';
import type { ApiAnswer, ApiRequest } from './project-api.ts';

const refusal = (status: number, error_code: string, msg: string): ApiAnswer => ({
  status,
  body: { code: status, error_code, msg },
});

/** Auth: users are rows of auth.users, whose passwords pgcrypto hashes; an access token is one that the gateway knows. */
export async function answerAuth(pool: pg.Pool, keys: ApiKeys, request: ApiRequest): Promise<ApiAnswer> {
  const { method, path, claims } = request;
  if (path.startsWith('/admin/') && claims.role !== 'service_role')
    return refusal(403, 'not_admin', 'User not allowed');
  const [, id] = /^\/admin\/users\/([\w-]+)$/.exec(path) ?? [];
  if (method === 'POST' && path === '/admin/users') return await createUser(pool, fields(request));
  if (method === 'DELETE' && id !== undefined) return await deleteUser(pool, id);
  if (method === 'POST' && path === '/token') return await signIn(pool, keys, fields(request));
  if (method === 'GET' && path === '/user') return await whoAmI(pool, claims.sub);
  return { status: 404, body: {} };
}

interface Fields {
  readonly email: string;
  readonly password: string;
}

const fields = ({ body }: ApiRequest) => JSON.parse(body.toString('utf8')) as Fields;

async function createUser(pool: pg.Pool, { email, password }: Fields): Promise<ApiAnswer> {
  try {
    const { rows } = await pool.query(
      `INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, created_at, updated_at)
       VALUES ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', $2,
         extensions.crypt($3, extensions.gen_salt('bf', 4)), now(), now(), now()) RETURNING id, email`,
      [randomUUID(), email, password],
    );
    return { status: 200, body: rows[0] };
  } catch {
    // Auth does not say what the database has said
    return refusal(500, 'unexpected_failure', 'Database error creating new user');
  }
}

async function deleteUser(pool: pg.Pool, id: string): Promise<ApiAnswer> {
  try {
    const { rowCount } = await pool.query('DELETE FROM auth.users WHERE id = $1', [id]);
    return rowCount === 0 ? refusal(404, 'user_not_found', 'User not found') : { status: 200, body: {} };
  } catch {
    return refusal(500, 'unexpected_failure', 'Database error deleting user');
  }
}

async function signIn(pool: pg.Pool, keys: ApiKeys, { email, password }: Fields): Promise<ApiAnswer> {
  const { rows } = await pool.query(
    `INSERT INTO auth.sessions (id, user_id, created_at, updated_at)
     SELECT $3, id, now(), now() FROM auth.users WHERE email = $1
       AND encrypted_password = extensions.crypt($2, encrypted_password) RETURNING user_id`,
    [email, password, randomUUID()],
  );
  const sub: string | undefined = rows[0]?.user_id;
  if (sub === undefined) return refusal(400, 'invalid_credentials', 'Invalid login credentials');
  const access_token = keys.sign({ role: 'authenticated', sub });
  return { status: 200, body: { access_token, token_type: 'bearer', user: { id: sub, email } } };
}

async function whoAmI(pool: pg.Pool, sub: string | undefined): Promise<ApiAnswer> {
  const { rows } = await pool.query('SELECT id, aud, role, email FROM auth.users WHERE id = $1', [sub]);
  return rows[0] === undefined
    ? refusal(403, 'bad_jwt', 'invalid claim: missing sub claim')
    : { status: 200, body: rows[0] };
}
