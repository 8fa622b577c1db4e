import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { apiTimes } from '../../containers/engine/drill/api.ts';
import { ask } from '../../containers/engine/drill/ask-api.ts';
import { fileTransfer } from '../../containers/engine/drill/file-transfer.ts';
import { signIn } from '../../containers/engine/drill/sign-in.ts';
import type { Check } from '../../core/drill/report.ts';
import { listenHere } from '../../local/listen.ts';
import { type ApiFault, type ProjectApi, startProjectApi } from '../../local/supabase/project-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../local/supabase/projects.ts';
import { nobody, type ProjectRun, projectRun } from '../support/drill-run.ts';
import { asAdmin, asPostgres } from '../support/supabase.ts';

const SOON_MS = 300;

let supabase: LocalSupabase;
let target: Project;
let api: ProjectApi;

beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
  target = await supabase.makeProject();
  await asPostgres(target, "CREATE TABLE users (name text); INSERT INTO users VALUES ('홍길동')");
});
beforeEach(async () => {
  api = await startProjectApi(target);
});
afterEach(() => api.stop());
afterAll(() => supabase.stop());

const run = (more: Partial<ProjectRun> = {}) =>
  projectRun({ target, api, critical: ['users'], drill: { api: { requests: 20 } }, ...more });

/** Nothing of what is nobody's business is in what a check says. */
function proveDiscreet(check: Check): void {
  const said = JSON.stringify(check);
  for (const secret of [api.anonKey, api.serviceRoleKey, 'sb_', 'aZ9!', '홍길동', 'limit=1'])
    expect(said).not.toContain(secret);
}

/** Stops the drill while a request waits for an answer that never comes. */
async function stopped(check: (signal: AbortSignal) => Promise<Check>, waitingFor: string): Promise<void> {
  api.fail(waitingFor, { how: 'silent' });
  const stop = new AbortController();
  const ended = expect(check(stop.signal)).rejects.toThrow('the drill is stopped');
  while (!api.requests.some(({ call }) => call.startsWith(waitingFor))) await sleep(10);
  stop.abort(new Error('the drill is stopped'));
  await ended;
}

describe('a request', () => {
  it.each([
    ['that is never answered', () => undefined],
    ['whose answer never ends', (send: (text: string) => void) => send('{')],
  ])('%s ends with its time', async (_, answer) => {
    const site = await listenHere(
      createServer((_request, response) => answer((text) => response.write(text))),
    );
    const signal = new AbortController().signal;
    expect(await ask({ url: site.endpoint }, { signal, limitMs: SOON_MS })).toEqual({
      kind: 'lost',
      why: 'no answer within 0.3 seconds',
    });
    await site.stop();
  });

  it('to a server whose certificate nobody vouches for is not made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vpb-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    await execa('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    const options = { key: await readFile(key), cert: await readFile(cert) };
    const seen: string[] = [];
    const site = await listenHere(
      createTlsServer(options, ({ url = '' }, response) => {
        seen.push(url);
        response.end();
      }),
    );
    const url = site.endpoint.replace('http:', 'https:');
    const check = await apiTimes(run({ api: { ...nobody(), url } }), SOON_MS);
    await site.stop();
    expect(check).toMatchObject({
      state: 'failed',
      findings: [expect.stringMatching(/not answered: self-signed certificate/)],
    });
    expect(seen).toEqual([]);
  });
});

describe('the REST API', () => {
  const faults: readonly [name: string, fault: ApiFault, says: RegExp][] = [
    ['an error', { status: 500, body: { code: 'XX000', message: '홍길동' } }, /answered 500 \(XX000\)/],
    ['an error page', { status: 502, body: { error: 'the row of 홍길동' } }, /answered 502, expected/],
    ['a redirect', { status: 302 }, /answered 302/],
    ['a cut connection', { how: 'cut' }, /not answered: .*(socket|closed|ECONNRESET)/],
    ['half an answer', { how: 'truncated' }, /not answered: .*(closed|terminated|ECONNRESET)/],
  ];
  it.each(faults)('that answers some requests with %s fails, and says how many', async (_, fault, says) => {
    // the first is the one that shows it ready
    api.fail('GET /rest', { ...fault, after: 1, times: 3 });
    const check = await apiTimes(run(), SOON_MS);
    expect(check).toMatchObject({ state: 'failed' });
    expect(check.findings.join()).toMatch(
      new RegExp(`GET /rest/v1/users .*${says.source}.*3 of 20 requests`),
    );
    proveDiscreet(check);
  });

  it('that goes away is not asked a thousand times more', async () => {
    api.fail('GET /rest', { status: 500, after: 10 });
    const check = await apiTimes(run({ drill: { api: { requests: 1000 } } }), SOON_MS);
    expect(check.state).toBe('failed');
    expect(api.requests.length).toBeLessThan(30);
  });

  it('that does not become ready fails, with what it said last', async () => {
    api.fail('GET /rest', { status: 503, body: { code: 'PGRST002' } });
    const check = await apiTimes(run(), SOON_MS);
    expect(check).toMatchObject({ state: 'failed', figures: [] });
    expect(check.findings).toEqual([
      'GET /rest/v1/users answered 503 (PGRST002), and did not become ready within 0.3 seconds',
    ]);
  });

  it('that knows another key is asked once', async () => {
    const other = { ...api, serviceRoleKey: 'sb_secret_of_another_project' };
    const check = await apiTimes(run({ api: other }), SOON_MS);
    expect(check).toMatchObject({
      state: 'failed',
      findings: [expect.stringMatching(/answered 401, expected 2xx/)],
    });
    expect(api.requests).toHaveLength(1);
    proveDiscreet(check);
  });

  it('that may not read what it is asked for says which right is missing', async () => {
    await asPostgres(target, 'CREATE TABLE closed (id int); REVOKE ALL ON closed FROM service_role');
    const check = await apiTimes(run({ drill: { api: { paths: ['/rest/v1/closed'] } } }), SOON_MS);
    expect(check).toMatchObject({
      state: 'failed',
      findings: [expect.stringMatching(/answered 403 \(42501\)/)],
    });
  });

  it('that nobody serves, or serves without TLS, fails', async () => {
    const refused = await apiTimes(run({ api: nobody() }), SOON_MS);
    expect(refused).toMatchObject({ state: 'failed', findings: [expect.stringMatching(/not answered/)] });
    const plain = { ...nobody(), url: api.url.replace('http:', 'https:') };
    const check = await apiTimes(run({ api: plain }), SOON_MS);
    expect(check).toMatchObject({
      state: 'failed',
      findings: [expect.stringMatching(/not answered: .*SSL/)],
    });
  });

  it('could not be asked for tables where the database does not answer', async () => {
    const away = { ...target, url: 'postgresql://postgres@127.0.0.1:9/none?connect_timeout=1' };
    expect(await apiTimes(run({ target: away }), SOON_MS)).toMatchObject({ state: 'could-not-verify' });
  });

  it('does not hold up a drill that is stopped', async () => {
    await stopped((signal) => apiTimes(run({ signal })), 'GET /rest');
    await api.stop();
    api = await startProjectApi(target);
    api.fail('GET /rest', { status: 503 });
    const stop = new AbortController();
    const waiting = expect(apiTimes(run({ signal: stop.signal }))).rejects.toThrow('stopped');
    while (api.requests.length === 0) await sleep(10);
    stop.abort(new Error('stopped'));
    await waiting;
  });
});

describe('sign-in', () => {
  const left = () => asAdmin(target, "SELECT email FROM auth.users WHERE email LIKE 'vpb-drill-%'");
  const other = { id: '11111111-2222-3333-4444-555555555555', email: 'other@example.com' };
  const msg = () => `not with ${api.serviceRoleKey}`;
  const faults: readonly [name: string, call: string, fault: () => ApiFault, says: RegExp][] = [
    [
      'a user cannot be made',
      'POST /auth/v1/admin',
      () => ({ status: 500, body: { msg: msg() } }),
      /creating .* 500: not with \(secret\)/,
    ],
    ['the making is cut off', 'POST /auth/v1/admin', () => ({ how: 'cut' }), /creating .* not answered/],
    [
      'the answer to the making is lost',
      'POST /auth/v1/admin',
      () => ({ how: 'done' }),
      /creating .* not answered/,
    ],
    [
      'the password is refused',
      'POST /auth/v1/token',
      () => ({ status: 400, body: { error_code: 'invalid_credentials' } }),
      /400 \(invalid_credentials\)/,
    ],
    [
      'there is no token',
      'POST /auth/v1/token',
      () => ({ status: 200, body: {} }),
      /without an access token/,
    ],
    [
      'the token is nobody’s',
      'GET /auth/v1/user',
      () => ({ status: 403, body: { error_code: 'bad_jwt' } }),
      /403 \(bad_jwt\)/,
    ],
    ['the token is another’s', 'GET /auth/v1/user', () => ({ status: 200, body: other }), /another user/],
  ];
  it.each(faults)('fails where %s, and leaves no user', async (_, call, fault, says) => {
    api.fail(call, fault());
    const check = await signIn(run());
    expect(check).toMatchObject({ state: 'failed', findings: [expect.stringMatching(says)] });
    expect(await left()).toEqual([]);
    proveDiscreet(check);
  });

  it('fails where a trigger of the project lets nobody in', async () => {
    await asAdmin(
      target,
      `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.refuse()`,
    );
    const check = await signIn(run());
    await asAdmin(target, 'DROP FUNCTION public.refuse CASCADE');
    expect(check).toMatchObject({
      state: 'failed',
      findings: [expect.stringMatching(/Database error creating new user/)],
    });
  });

  it('names a user who cannot be deleted', async () => {
    await asAdmin(
      target,
      `CREATE TABLE public.profiles (id uuid REFERENCES auth.users);
       CREATE FUNCTION public.greet() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
         $$ BEGIN INSERT INTO public.profiles VALUES (NEW.id); RETURN NEW; END $$;
       CREATE TRIGGER greet AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.greet()`,
    );
    const check = await signIn(run());
    const [[email] = []] = await left();
    await asAdmin(
      target,
      'DROP TABLE public.profiles; DROP FUNCTION public.greet CASCADE; DELETE FROM auth.users',
    );
    expect(check).toMatchObject({ state: 'could-not-verify', figures: [{ name: 'duration' }] });
    expect(check.findings).toEqual([
      `the throwaway user ${email} may be left in the target: deleting it answered 500 (unexpected_failure): ` +
        'Database error deleting user; delete it under Authentication → Users',
    ]);
  });

  it('deletes its user also where the database does not say whether it is gone', async () => {
    const away = { ...target, url: 'postgresql://postgres@127.0.0.1:9/none?connect_timeout=1' };
    const check = await signIn(run({ target: away }));
    expect(await left()).toEqual([]);
    expect(check).toMatchObject({ state: 'verified' });
  });

  it('names a user of whom neither Auth nor the database tells', async () => {
    const away = { ...target, url: 'postgresql://postgres@127.0.0.1:9/none?connect_timeout=1' };
    api.fail('POST /auth/v1/admin', { how: 'done' });
    const check = await signIn(run({ target: away }));
    const [[email] = []] = await left();
    await asAdmin(target, 'DELETE FROM auth.users');
    expect(check.findings).toEqual([
      expect.stringMatching(/^creating .* not answered/),
      expect.stringContaining(`the throwaway user ${email} may be left`),
    ]);
  });

  it('fails where nobody answers', async () => {
    const check = await signIn(run({ api: nobody() }));
    expect(check).toMatchObject({
      state: 'failed',
      findings: [expect.stringMatching(/creating .* not answered/)],
    });
  });

  it('leaves no user when the drill is stopped', async () => {
    await stopped((signal) => signIn(run({ signal })), 'POST /auth/v1/token');
    expect(await left()).toEqual([]);
  });
});

describe('the transfer of a file', () => {
  const left = () =>
    asAdmin(target, 'SELECT id FROM storage.buckets UNION ALL SELECT name FROM storage.objects');
  const missing = {
    status: 400,
    body: { statusCode: '404', error: 'not_found', message: 'Object not found' },
  };
  const faults: readonly [name: string, call: string, fault: ApiFault, says: RegExp][] = [
    [
      'no bucket can be made',
      'POST /storage/v1/bucket',
      { status: 400, body: { statusCode: '403', message: 'no' } },
      /making a bucket .*: no/,
    ],
    [
      'the answer to the making is lost',
      'POST /storage/v1/bucket',
      { how: 'done' },
      /making a bucket .* not answered/,
    ],
    ['nothing can be uploaded', 'POST /storage/v1/object', { status: 500 }, /uploading .* 500/],
    [
      'the answer to the upload is lost',
      'POST /storage/v1/object',
      { how: 'done' },
      /uploading .* not answered/,
    ],
    ['the file is not there', 'GET /storage/v1/object', missing, /downloading .*not_found.*Object not found/],
    ['the download breaks', 'GET /storage/v1/object', { how: 'truncated' }, /downloading .* not answered/],
    [
      'a byte is another',
      'GET /storage/v1/object',
      { how: 'changed' },
      /reads back as 1048576 bytes with SHA-256/,
    ],
    ['half of it comes back', 'GET /storage/v1/object', { how: 'short' }, /reads back as 524288 bytes/],
  ];
  it.each(faults)('fails where %s, and leaves nothing', async (_, call, fault, says) => {
    api.fail(call, fault);
    const check = await fileTransfer(run());
    expect(check).toMatchObject({ state: 'failed', findings: [expect.stringMatching(says)] });
    expect(await left()).toEqual([]);
    proveDiscreet(check);
  });

  it('names what cannot be deleted', async () => {
    api.fail('DELETE /storage/v1/object', { status: 500, body: { message: 'the disk is read-only' } });
    const check = await fileTransfer(run());
    const [[bucket] = []] = await left();
    await asAdmin(
      target,
      'SET session_replication_role = replica; TRUNCATE storage.objects, storage.buckets CASCADE',
    );
    expect(check).toMatchObject({ state: 'could-not-verify', figures: [{}, {}, {}] });
    expect(check.findings).toEqual([
      expect.stringMatching(
        new RegExp(`^the bucket ${bucket} may be left .*the disk is read-only; delete it under Storage$`),
      ),
    ]);
  });

  it('fails where nobody answers', async () => {
    const check = await fileTransfer(run({ api: nobody() }));
    expect(check.state).toBe('failed');
    expect(check.findings[0]).toMatch(/making a bucket .* not answered/);
  });

  it.each(['POST /storage/v1/object', 'GET /storage/v1/object'])(
    'leaves nothing when the drill is stopped during %s',
    async (call) => {
      await stopped((signal) => fileTransfer(run({ signal })), call);
      expect(await left()).toEqual([]);
    },
  );
});
