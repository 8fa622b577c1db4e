import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { billingMonth } from '../../core/cost/month.ts';
import { parseReport } from '../../core/drill/report.ts';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { parseDrillName } from '../../core/supabase/drill-name.ts';
import type { ExecutionResult } from '../../local/cloud/execution.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';
import {
  LOCAL_ORGANIZATION,
  LOCAL_TOKEN,
  type ManagementApi,
  startManagementApi,
} from '../../local/supabase/management-api.ts';
import { type ProjectApi, startProjectApi } from '../../local/supabase/project-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../local/supabase/projects.ts';
import { type DeployedApp, deployApp } from '../support/cloud.ts';
import { type Bundles, bundleFunctions } from '../support/functions.ts';

const NAME = /^vpb-drill-staging-\d{8}T\d{6}Z-[a-z0-9]{6}$/;
/** What the function says that reads the engine's result; the engine itself is tested elsewhere. */
const OUTCOME = {
  ...{ ended: 'verified', exitCode: 0, drill: 'drill-20261127T020000Z-9f3a61', bucket: 'b', signed: true },
  ...{ report: 'drills/drill-20261127T020000Z-9f3a61/report.html', set: 'daily-20261127T000000Z' },
  ...{ recoverySeconds: 180, medianSeconds: null, regression: false, levels: [], checks: { verified: 20 } },
  ...{ failed: [], notVerified: [], notRun: [], error: null },
};

let supabase: LocalSupabase;
let api: ManagementApi;
let app: DeployedApp;
let slack: LocalSlack;
let source: Project;
let bundles: Bundles;
let secrets: SecretsManagerClient;
const projects = new Map<string, Project>();
const ends: ExecutionResult[] = [];
const hidden = new Set([LOCAL_TOKEN]);

beforeAll(async () => {
  [supabase, slack, bundles] = await Promise.all([
    startSupabase({ major: 17 }),
    startSlack(),
    bundleFunctions(['drill-clean-up']),
  ]);
  source = await supabase.makeProject();
  const client = new pg.Client(source.url);
  await client.connect();
  await client.query(`CREATE TABLE public.projects (id int PRIMARY KEY, title text NOT NULL);
    INSERT INTO public.projects SELECT i, 'title ' || i FROM generate_series(1, 20) AS i;`);
  await client.end();
  api = await startManagementApi({
    ...supabase,
    async makeProject() {
      const made = await supabase.makeProject();
      projects.set(made.ref, made);
      return made;
    },
  });
  api.adopt(source, { name: 'videoplanet', password: 'x' });
  app = await deployApp(source.url, {
    supabase: { projectRef: source.ref, drill: { organization: LOCAL_ORGANIZATION } },
    drill: { target: 'supabase' },
    environment: { SUPABASE_API_URL: api.endpoint, SUPABASE_POOLER_PORT: String(api.poolerPort) },
  });
  secrets = new SecretsManagerClient({
    endpoint: app.s3.endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { privateKey } = inject('keys');
  for (const [name, value] of Object.entries({
    ...{ 'supabase-token': LOCAL_TOKEN, 'slack-webhook-url': slack.webhookUrl },
    ...{ 'gpg-private-key': privateKey, 'gpg-passphrase': 'none' },
  }))
    await app.putSecret(name, value);
});
afterAll(async () => {
  secrets?.destroy();
  await app?.stop();
  await api?.stop();
  await Promise.all([supabase?.stop(), slack?.stop(), bundles?.remove()]);
});

let asked: number;
let told: number;
let mailed: number;
beforeEach(() => {
  asked = api.requests.length;
  told = slack.messages.length;
  mailed = app.cloud.publications.length;
});

type Options = NonNullable<Parameters<DeployedApp['cloud']['start']>[2]>;
const start = (input: unknown, options: Options = {}) =>
  app.cloud.start('videoplanet-staging-drill', input, { waitMs: 0, retryIntervalMs: 0, ...options });

async function drill(input: unknown, options: Options = {}): Promise<ExecutionResult> {
  const end = await start(input, options).result;
  ends.push(end);
  const kept = await drillSecret();
  for (const field of ['password', 'anonKey', 'serviceRoleKey', 'storageSessionToken'])
    if (kept[field] !== undefined) hidden.add(kept[field]);
  return end;
}

async function drillSecret(): Promise<Record<string, string>> {
  const { SecretString = '{}' } = await secrets
    .send(new GetSecretValueCommand({ SecretId: 'videoplanet-backup/staging/drill-project' }))
    .catch(() => ({}) as { SecretString?: string });
  return JSON.parse(SecretString);
}

const said = (end: ExecutionResult) => JSON.stringify(end.programs, null, 1);
const changes = () => api.requests.slice(asked).filter((request) => !request.startsWith('GET '));
const messages = () => slack.messages.slice(told).join('\n');
const mails = () =>
  app.cloud.publications
    .slice(mailed)
    .map(({ message }) => message)
    .join('\n');
/** The engine does not run: it has made this of it. */
const cameTo = (outcome: object = {}): Options => ({
  answers: { DrillProject: [{}], Report: [{ ...OUTCOME, ...outcome }] },
});
const steps = ({ states }: ExecutionResult) =>
  states.filter((state) => !['WaitForProject', 'LookProject', 'Project?'].includes(state));

describe('a drill in a project of its own', () => {
  it('makes it, hands it over, holds the drill, deletes it, and tells of it', async () => {
    const end = await drill({}, cameTo());
    expect(end, said(end)).toMatchObject({ status: 'SUCCEEDED' });
    expect(steps(end)).toEqual([
      ...['Receive', 'Plan', 'Run?', 'Target?', 'PlanProject', 'MakeProject', 'HandOver', 'DrillProject'],
      ...['CleanUp', 'EngineRan?', 'Report', 'Ended?', 'AuditSuccess', 'TellDrill', 'Verified'],
    ]);
    const kept = await drillSecret();
    expect(kept).toMatchObject({
      name: expect.stringMatching(NAME),
      apiUrl: `https://${kept.ref}.supabase.co`,
      anonKey: expect.stringMatching(/^ey/),
      serviceRoleKey: expect.stringMatching(/^ey/),
    });
    expect(end.output).toMatchObject({
      plan: { command: expect.arrayContaining(['--target', 'supabase']), project: kept.name },
      project: { ref: kept.ref },
      cleaned: { deleted: [kept.ref] },
    });
    expect(changes()).toEqual([
      ...['POST /v1/projects', `POST /v1/projects/${kept.ref}/database/webhooks/enable`],
      `DELETE /v1/projects/${kept.ref}`,
    ]);
    expect(api.refs()).toEqual([source.ref]);
    expect(messages()).toMatch(/훈련에서 모두 복원하고 검증했습니다/);
  });

  it('holds the same drill in its own task where it is asked to', async () => {
    const end = await drill({ target: 'task' }, { answers: { Drill: [{}], Report: [OUTCOME] } });
    expect(end, said(end)).toMatchObject({ status: 'SUCCEEDED' });
    expect(changes()).toEqual([]);
  });

  it('makes nothing while drills are off for the month', async () => {
    const off = { offForMonth: billingMonth(new Date()), because: '$260.12 > $250.00' };
    await app.cloud.putParameter('/videoplanet-backup/staging/drills', JSON.stringify(off));
    const end = await drill({ target: 'supabase' });
    await app.cloud.putParameter('/videoplanet-backup/staging/drills', '{}');
    expect(end, said(end)).toMatchObject({ status: 'SUCCEEDED' });
    expect(steps(end)).toEqual(['Receive', 'Plan', 'Run?', 'AuditSkipped', 'TellSkipped', 'Skipped']);
    expect(changes()).toEqual([]);
    expect(messages()).toMatch(/훈련을 하지 않았습니다/);
  });

  it('ends by what the engine found, and by a task that was killed or did not start, with the project deleted', async () => {
    for (const [outcome, error, startFailures] of [
      [{ ended: 'failed', failed: ['rows: stories has 19 of 20'] }, WORKFLOW_ERROR.drillFailed, {}],
      [{ ended: 'not-verified', notVerified: ['api: no answer'] }, WORKFLOW_ERROR.drillNotVerified, {}],
      [{ ended: 'refused' }, WORKFLOW_ERROR.drillInputInvalid, {}],
      [{ ended: 'timed-out' }, WORKFLOW_ERROR.timedOut, { DrillProject: ['States.Timeout'] }],
    ] as const) {
      const end = await drill({}, { ...cameTo(outcome), startFailures });
      expect(end, said(end)).toMatchObject({ status: 'FAILED', error });
      expect(end.states).toEqual(expect.arrayContaining(['CleanUp', 'Report', 'AuditFailure', 'Alert']));
      expect(api.refs()).toEqual([source.ref]);
    }
    const end = await drill({}, { startFailures: { DrillProject: Array(20).fill('AmazonECS.Unknown') } });
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.taskNotStarted });
    expect(api.refs()).toEqual([source.ref]);
  });

  it('that does not come up is deleted, and no engine runs', async () => {
    api.nextProject({ phases: [{ status: 'COMING_UP', looks: 1 }, { status: 'INIT_FAILED' }] });
    const end = await drill({});
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillFailed });
    expect(end.cause).toMatch(/its project could not be made .*INIT_FAILED/);
    expect(end.states).toContain('CleanUp');
    expect(end.states).not.toContain('DrillProject');
    expect(api.refs()).toEqual([source.ref]);
  });

  it('that nobody can sign in to is deleted', async () => {
    const end = await drill({}, { startFailures: { HandOver: ['NewProjectFailed'] } });
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillFailed });
    expect(api.refs()).toEqual([source.ref]);
  });

  it('that Supabase refused was not made, and there is nothing to delete', async () => {
    api.fail('POST /v1/projects', { status: 402, body: { message: 'Upgrade your plan' } });
    const end = await drill({});
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillFailed });
    expect(end.cause).toContain('wants a higher plan or a payment');
    expect(changes()).toEqual(['POST /v1/projects']);
  });

  it('is found by its name and deleted, where the answer to the request was lost', async () => {
    api.lose('POST /v1/projects', { done: true });
    const end = await drill({}, cameTo());
    expect(end, said(end)).toMatchObject({ status: 'SUCCEEDED' });
    expect(changes().filter((change) => change === 'POST /v1/projects')).toHaveLength(1);
    expect(api.refs()).toEqual([source.ref]);
  });

  it('that cannot be deleted ends the execution by that name, at once, with all that is known', async () => {
    api.fail(/^DELETE/, { status: 403, body: { message: 'no', missing_permissions: ['projects_write'] } });
    const end = await drill({}, cameTo());
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillCleanUpFailed });
    const [left] = api.refs().filter((ref) => ref !== source.ref);
    for (const text of [end.cause ?? '', mails(), messages()]) {
      expect(text).toContain(`https://supabase.com/dashboard/project/${left}/settings/general`);
      expect(text).toContain('projects_write');
    }
    expect(end.cause).toContain('the drill itself came to: verified');
    const keys = (await app.versions('audit/')).filter((key) => /-drill-.*failed/.test(key)).sort();
    expect(JSON.parse(await app.readText(keys.at(-1) ?? ''))).toMatchObject({
      details: { project: { ref: left }, outcome: { ended: 'verified' } },
    });
    // the next one would write the same secret
    const next = await drill({}, cameTo());
    expect(next).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillFailed });
    expect(next.cause).toContain(`Another drill of this environment has its project there (${left}`);
    await fetch(`${api.endpoint}/v1/projects/${left}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${LOCAL_TOKEN}` },
    });
  });
});

describe('a drill that is stopped from outside', () => {
  it.each(['MakeProject', 'LookProject', 'HandOver', 'DrillProject'])(
    'in %s leaves its project, and the event of its end deletes that one',
    async (state) => {
      const running: ReturnType<typeof start> = start(
        {},
        {
          onEvent: (event) => {
            if (event.type === 'StateEntered' && event.state.name === state) setTimeout(running.abort, 300);
          },
        },
      );
      const end = await running.result;
      expect(end.status).toBe('ABORTED');
      expect(end.states).not.toContain('CleanUp');
      const { result, error } = await cleanUpAfter(running.arn, end);
      expect(error).toBeUndefined();
      expect(result.name).toMatch(NAME);
      expect(api.refs()).toEqual([source.ref]);
    },
  );
});

/** What the rule of the template hands on. */
async function cleanUpAfter(id: string, end: ExecutionResult) {
  const planned = JSON.stringify(end.history).match(/vpb-drill-staging-\w+-[a-z0-9]{6}/)?.[0] ?? '';
  const { ARN = '' } = await secrets.send(
    new CreateSecretCommand({ Name: `test-${crypto.randomUUID()}`, SecretString: LOCAL_TOKEN }),
  );
  const event = {
    execution: { id, startedAt: parseDrillName(planned)?.madeAt.getTime() },
    appearsWithinSeconds: 3,
  };
  const cleaned = await bundles.call('drill-clean-up', event, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: app.s3.endpoint,
    ENVIRONMENT_NAME: 'staging',
    SUPABASE_PROJECT_REF: source.ref,
    SUPABASE_TOKEN_SECRET_ARN: ARN,
    SUPABASE_API_URL: api.endpoint,
    SUPABASE_DRILL: JSON.stringify({ organization: LOCAL_ORGANIZATION }),
  });
  expect(cleaned.error === undefined ? cleaned.result.name : planned).toBe(planned);
  return cleaned;
}

describe('the real engine', () => {
  it('restores into the project, verifies everything through its API too, and leaves evidence; the project goes', async () => {
    const made = await app.backup({ kind: 'daily' });
    expect(made, said(made)).toMatchObject({ status: 'SUCCEEDED' });
    let opened: ProjectApi | undefined;
    const end = await drill(
      {},
      {
        // until the API stands where the secret says; projects of the stand-in have a database alone
        startFailures: { DrillProject: ['AmazonECS.Unknown'] },
        retryIntervalMs: 4000,
        onEvent: (event) => {
          if (event.type !== 'StateEntered' || event.state.name !== 'DrillProject' || opened !== undefined)
            return;
          void openApi().then((api) => {
            opened = api;
          });
        },
      },
    );
    await opened?.stop();
    const keys = await app.versions('drills/');
    const report = parseReport(
      await app.readText(keys.filter((key) => key.endsWith('report.json')).at(-1) ?? ''),
    );
    expect(end, JSON.stringify(report?.checks)).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: { ended: 'verified', signed: true } },
    });
    expect(report).toMatchObject({ verdict: 'verified', target: { kind: 'supabase' } });
    for (const id of ['tables', 'api', 'sign-in', 'file-transfer', 'pgbench'])
      expect(report?.checks.find((check) => check.id === id)).toMatchObject({ id, state: 'verified' });
    expect(api.refs()).toEqual([source.ref]);
    const ofDrill = app.cloud.refusals.filter((refusal) => refusal.includes('EngineProjectsDrill'));
    // a set is not called verified by whoever can decrypt it
    expect(ofDrill.filter((refusal) => !refusal.includes('verification.json'))).toEqual([]);
  });
});

/** An API for the project of the running drill, and a secret that leads there. */
async function openApi(): Promise<ProjectApi> {
  const kept = await drillSecret();
  const project = projects.get(kept.ref ?? '');
  if (project === undefined) throw new Error('no project was made');
  const opened = await startProjectApi(project);
  hidden.add(opened.serviceRoleKey);
  const { url: apiUrl, anonKey, serviceRoleKey } = opened;
  await app.putSecret('drill-project', JSON.stringify({ ...kept, apiUrl, anonKey, serviceRoleKey }));
  return opened;
}

describe('passwords and tokens', () => {
  it('are in no state, no log, no message and no record', async () => {
    expect(hidden.size).toBeGreaterThan(8);
    const audit = await Promise.all((await app.versions('audit/')).map((key) => app.readText(key)));
    const evidence = await Promise.all((await app.versions('drills/')).map((key) => app.readText(key)));
    const text = JSON.stringify([ends, slack.messages, app.cloud.publications, audit, evidence]);
    for (const value of hidden) {
      expect(value).toMatch(/^\S{20,}$/);
      expect(text.includes(value)).toBe(false);
    }
  });
});
