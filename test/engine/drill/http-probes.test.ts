import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpProbes } from '../../../containers/engine/drill/http-probes.ts';
import { type Listening, listenHere } from '../../../local/listen.ts';
import type { Project } from '../../../local/supabase/projects.ts';
import { nobody, projectRun } from '../../support/drill-run.ts';

// of the database these probes ask nothing
const target = { url: 'postgresql://nobody@127.0.0.1:9/none' } as Project;
const seen: { url: string; method: string; headers: IncomingHttpHeaders; body: string }[] = [];
let site: Listening;

beforeAll(async () => {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { url = '', method = '', headers } = request;
    seen.push({ url, method, headers, body });
    if (url.startsWith('/moved')) response.writeHead(302, { location: 'https://elsewhere.invalid/' }).end();
    else if (url.startsWith('/row')) response.end('{"name": "홍길동, whose row it is"}');
    else response.writeHead(url.startsWith('/rest') ? 201 : 404).end('{"done": true}');
  });
  site = await listenHere(server);
});
afterAll(() => site.stop());

const probe = (
  httpProbes_: object[],
  api = { ...nobody(), url: site.endpoint } as ReturnType<typeof nobody> | undefined,
) => httpProbes(projectRun({ target, api, drill: { httpProbes: httpProbes_ } }));

it('pass where status and text are the expected ones', async () => {
  const check = await probe([
    {
      name: 'makes',
      url: '/rest/v1/rpc/x',
      method: 'POST',
      body: '{"a":1}',
      status: 201,
      contains: '"done"',
    },
    { name: 'head', url: '/rest/v1/', method: 'HEAD', status: 201 },
    { name: 'moved', url: `${site.endpoint}/moved`, status: 302 },
    { name: 'korean', url: `${site.endpoint}/row`, contains: '홍길동' },
  ]);
  expect(check).toMatchObject({
    state: 'verified',
    findings: [],
    figures: [{ name: 'passed', value: 4 }, {}],
  });
  expect(seen.find(({ url }) => url === '/rest/v1/rpc/x')).toMatchObject({ method: 'POST', body: '{"a":1}' });
});

it('show the public key to the own API alone, and only where they show none of their own', async () => {
  seen.length = 0;
  await probe([
    { name: 'own', url: '/rest/a' },
    { name: 'other key', url: '/rest/b', headers: { APIKEY: 'mine' } },
    { name: 'other user', url: '/rest/c', headers: { Authorization: 'Bearer me' } },
    { name: 'absolute', url: `${site.endpoint}/rest/d` },
    { name: 'two slashes', url: '//elsewhere.invalid/rest' },
  ]);
  expect(seen.map(({ url, headers }) => [url, headers.apikey, headers.authorization])).toEqual([
    ['/rest/a', 'sb_publishable_none', undefined],
    ['/rest/b', 'mine', undefined],
    ['/rest/c', undefined, 'Bearer me'],
    ['/rest/d', undefined, undefined],
    ['//elsewhere.invalid/rest', 'sb_publishable_none', undefined],
  ]);
});

it('fail each for its own reason, without a word of headers, address or answer', async () => {
  const secret = 'top-secret';
  const headers = { 'x-secret': secret };
  const wrong: readonly [name: string, probe: object, says: RegExp][] = [
    ['status', { url: `/row?key=${secret}`, headers, status: 204 }, /answered 200, expected 204/],
    ['text', { url: `/row?key=${secret}`, headers, contains: 'missing' }, /does not hold .*: missing/],
    ['redirect', { url: `/moved?key=${secret}`, headers }, /answered 302, expected 200/],
    ['refused', { url: `http://127.0.0.1:9/${secret}`, headers }, /not answered: .*(ECONNREFUSED|bad port)/],
    ['no name', { url: `http://nobody.invalid/${secret}`, headers }, /not answered: .*(ENOTFOUND|EAI_AGAIN)/],
    ['header', { url: '/row', headers: { 'x-secret': `${secret}\n\u0000` } }, /cannot be made/],
    ['password', { url: `http://me:${secret}@127.0.0.1/row` }, /cannot be made/],
    ['GET with a body', { url: '/row', body: secret }, /cannot be made/],
    ['no TLS', { url: site.endpoint.replace('http:', 'https:') }, /not answered: .*(SSL|TLS|EPROTO)/i],
  ];
  const check = await probe(wrong.map(([name, rest]) => ({ name, ...rest })));
  expect(check.state).toBe('failed');
  expect(check.findings).toEqual(
    wrong.map(([name, , says]) =>
      expect.stringMatching(new RegExp(`^${name}: .*${says.source}`, says.flags)),
    ),
  );
  expect(JSON.stringify(check)).not.toMatch(/top-secret|홍길동|sb_/);
});

it('that need an API are named where there is none', async () => {
  const local = { name: 'own', url: '/rest/a' };
  const mixed = await httpProbes(
    projectRun({ target, drill: { httpProbes: [local, { name: 'site', url: `${site.endpoint}/row` }] } }),
  );
  expect(mixed).toMatchObject({
    state: 'could-not-verify',
    findings: [expect.stringMatching(/^own: .*bare PostgreSQL/)],
    figures: [{ name: 'passed', value: 1 }, {}],
  });
  const all = await httpProbes(projectRun({ target, drill: { httpProbes: [local] } }));
  expect(all).toMatchObject({ state: 'not-run' });
  expect(await httpProbes(projectRun({ target }))).toMatchObject({
    state: 'not-run',
    findings: [expect.stringContaining('drill.httpProbes')],
  });
});
