import validate from 'asl-validator';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { RESTORE_STEPS, SUPABASE_STEPS } from '../../core/failure/restore.ts';
import { ENV, LAMBDA_ENV, NOTHING_ASKED_ERRORS } from '../../core/names.ts';
import { LONGEST_MAKING } from '../../lib/restore-new-project.ts';
import { LONGEST_PITR } from '../../lib/restore-pitr.ts';
import { LONGEST_THAW } from '../../lib/restore-thaw-loop.ts';
import { may, roleOf } from '../support/policies.ts';
import {
  type Definition,
  definitionsOf,
  resourcesOf,
  type State,
  testApp,
  testStacks,
  testTemplates,
} from '../support/stacks.ts';

const projectRef = 'abcdefghijklmnopqrst';
const newProjects = { organization: 'videoplanet', region: 'ap-northeast-2' };
const none = testTemplates();
const onlyProject = testTemplates({ supabase: { projectRef } });
const full = testTemplates({ supabase: { projectRef, newProjects } });

function restoreOf({ operations }: typeof full): Definition {
  const found = definitionsOf(operations).find(([id]) => id.startsWith('RestoreStateMachine'));
  if (found === undefined) throw new Error('no restore workflow');
  return found[1];
}
const definition = restoreOf(full);
const state = (name: string): State => {
  const found = definition.States[name];
  if (found === undefined) throw new Error(`no state ${name} among ${Object.keys(definition.States)}`);
  return found;
};
const tasks = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Task');
const PITR = ['PlanPitr', 'StartPitr', 'LookPitr', 'WaitForPitr', 'Pitr?', 'PitrAnswerLost', 'PitrBack'];
const PROJECT = [
  'PlanProject',
  'MakeProject',
  'LookProject',
  'ProjectAnswerLost',
  'HandOver',
  'RestoreProject',
];
const FILES = ['RestoreFiles', 'RestoreFilesInPlace'];

/** Paths of JSONPath that a state reads. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/\$(\.\w+)+/g) ?? [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(pathsIn);
}

describe('the restore workflow of a Supabase project', () => {
  it('has what its environment has, and nothing else', () => {
    const names = (templates: typeof full) => Object.keys(restoreOf(templates).States);
    expect(names(none).filter((name) => /pitr|project|files|supabase/i.test(name))).toEqual([]);
    expect(names(onlyProject)).toEqual(expect.arrayContaining([...PITR, ...FILES]));
    expect(names(onlyProject).filter((name) => /project/i.test(name))).toEqual([]);
    expect(names(full)).toEqual(expect.arrayContaining([...PITR, ...PROJECT, ...FILES]));
  });

  it('is valid, by the rules of the language', () => {
    for (const templates of [onlyProject, full]) {
      // the validator knows no references: they are filled in as deployed
      const text = JSON.stringify(restoreOf(templates))
        .replaceAll(/\$\{AWS::Partition\}/g, 'aws')
        .replaceAll(/\$\{(\w+)\.Arn\}/g, 'arn:aws:lambda:ap-northeast-2:123456789012:function:$1');
      const judged = validate(JSON.parse(text), { checkArn: true, checkPaths: true });
      expect(judged).toMatchObject({ isValid: true, errors: [] });
      expect(text).not.toMatch(/"Assign"|JSONata/);
    }
  });

  it.each([
    ['StartPitr', 'PitrAnswerLost', 'pitr'],
    ['MakeProject', 'ProjectAnswerLost', 'project'],
  ])('%s is never tried again, and what it leaves open is looked at', (name, lost, step) => {
    const { Retry, Catch } = state(name);
    expect(Retry).toBeUndefined();
    expect(Catch).toEqual([
      { ErrorEquals: [...NOTHING_ASKED_ERRORS], Next: 'Explain', ResultPath: `$.failure.${step}` },
      { ErrorEquals: ['States.ALL'], Next: lost, ResultPath: expect.stringMatching(/^\$\.lost\./) },
    ]);
  });

  it('looks again only after waiting as long as the answer said', () => {
    for (const [name, path] of [
      ['Pitr', '$.watch.waitSeconds'],
      ['Project', '$.project.waitSeconds'],
    ])
      expect(state(`WaitFor${name}`)).toMatchObject({ SecondsPath: path, Next: `Look${name}` });
    for (const asks of ['StartPitr', 'PitrAnswerLost']) expect(state(asks).Next).toBe('WaitForPitr');
    for (const asks of ['MakeProject', 'ProjectAnswerLost']) expect(state(asks).Next).toBe('WaitForProject');
  });

  it('tells the explanation which step failed, by names that it knows', () => {
    const named = tasks.flatMap(([, { Catch = [] }]) =>
      Catch.flatMap(({ ResultPath }) => /^\$\.failure\.(\w+)$/.exec(ResultPath)?.[1] ?? []),
    );
    expect([...new Set(named)].sort()).toEqual([...RESTORE_STEPS, ...SUPABASE_STEPS].toSorted());
  });

  it('catches whatever fails', () => {
    for (const [name, { Catch = [] }] of tasks)
      expect([name, Catch.at(-1)?.ErrorEquals]).toEqual([name, ['States.ALL']]);
  });

  it('reads nothing that may not be there', () => {
    const { Parameters = {} } = state('Receive');
    const fromStart = Object.keys(Parameters).map((name) => `$.${name.replace(/\.\$$/, '')}`);
    const known = [
      ...fromStart,
      '$.plan.facts',
      '$.Execution.Id',
      '$.Execution.Name',
      '$.Execution.StartTime',
    ];
    for (const name of ['Explain', 'AuditFailure', 'AuditSuccess', 'TellFailure']) {
      const wanted = pathsIn(state(name).Parameters).filter((path) => !path.startsWith('$.explained'));
      expect([name, wanted.filter((path) => !known.includes(path))]).toEqual([name, []]);
    }
  });

  it('goes on past a thaw by the slowest tier and whatever is waited for at Supabase', () => {
    const waits = LONGEST_THAW.toSeconds() + LONGEST_PITR.toSeconds() + LONGEST_MAKING.toSeconds();
    expect(definition.TimeoutSeconds).toBeGreaterThan(waits + 3 * 6 * 3600);
    // a state machine of AWS may run for a year, and this one is not to be forgotten
    expect(definition.TimeoutSeconds).toBeLessThan(7 * 86_400);
  });
});

describe('secrets', () => {
  /** Whose policies name a secret, and with which actions. */
  function rightsOn(secret: string): [string, string[]][] {
    return resourcesOf(full.operations, 'AWS::IAM::Policy')
      .flatMap(([id, { Properties }]) =>
        (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement.filter(
          (statement) => JSON.stringify(statement.Resource).includes(secret),
        ).map(({ Action }): [string, string[]] => [
          id.replace(/(Task|Execution)?(Role)?DefaultPolicy[0-9A-F]+$/, ''),
          [Action]
            .flat()
            .map((action) => String(action).replace('secretsmanager:', ''))
            .sort(),
        ]),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  it('of a new project are written by the function that makes it, and read by what restores and checks', () => {
    expect(rightsOn('SupabaseNewProject')).toEqual([
      ['EngineProjectsProjectReaderDefinition', ['DescribeSecret', 'GetSecretValue']],
      ['FunctionsIntegrity', ['GetSecretValue']],
      ['FunctionsSupabaseProject', ['GetSecretValue', 'PutSecretValue']],
    ]);
  });

  it('of the Management API are read by what asks it', () => {
    expect(rightsOn('SecretsSupabaseToken').map(([who]) => who)).toEqual(
      expect.arrayContaining(['FunctionsSupabasePitr', 'FunctionsSupabaseProject']),
    );
    const others = rightsOn('SecretsSupabaseToken').filter(
      ([who]) => !/^(FunctionsSupabase|Supabase)/.test(who),
    );
    expect(others).toEqual([]);
    for (const [, actions] of rightsOn('SecretsSupabaseToken')) expect(actions).toEqual(['GetSecretValue']);
  });

  it('of Storage are each read by one task', () => {
    expect(rightsOn('SecretsStorageS3').map(([who]) => who)).toEqual([
      'EngineProjectsFilesInPlaceReaderDefinition',
    ]);
    expect(rightsOn('SupabaseTargetStorageS3').map(([who]) => who)).toEqual([
      'EngineProjectsFilesReaderDefinition',
    ]);
  });

  it('reach a task field by field, and no function by value', () => {
    const found = resourcesOf(full.operations, 'AWS::ECS::TaskDefinition').find(([id]) =>
      id.startsWith('EngineProjectsProjectReader'),
    );
    const containers = found?.[1].Properties.ContainerDefinitions as
      | { Secrets: { Name: string; ValueFrom: unknown }[] }[]
      | undefined;
    const [container] = containers ?? [];
    const fields = Object.fromEntries(
      (container?.Secrets ?? []).map(({ Name, ValueFrom }) => [
        Name,
        /:(\w+)::"/.exec(JSON.stringify(ValueFrom))?.[1],
      ]),
    );
    expect(fields).toMatchObject({
      [ENV.targetDatabaseUrl]: 'databaseUrl',
      TARGET_STORAGE_S3_ENDPOINT: 'storageEndpoint',
      TARGET_STORAGE_S3_SESSION_TOKEN: 'storageSessionToken',
    });
    expect(Object.keys(fields)).not.toContain(ENV.databaseUrl);
    for (const [id, { Properties }] of resourcesOf(full.operations, 'AWS::Lambda::Function')) {
      const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
      expect([id, JSON.stringify(Variables).includes('resolve:secretsmanager')]).toEqual([id, false]);
      const knows = LAMBDA_ENV.supabaseTokenSecretArn in Variables;
      expect([id, knows]).toEqual([id, /^(FunctionsSupabase|Supabase)/.test(id)]);
    }
  });
});

describe('what restores files', () => {
  const asked = (who: string, action: string, key: string) =>
    may(full, roleOf(full, `EngineProjects${who}DefinitionTaskRole`), action, key);

  it('reads files and nothing else, but where a database comes first', async () => {
    const [file, dump] = ['assets/blobs/aa/aabb', 'daily/20261123T170000Z/rest.dump.zst.gpg'];
    for (const who of ['FilesReader', 'FilesInPlaceReader', 'ProjectReader']) {
      expect([who, await asked(who, 's3:GetObject', file)]).toEqual([who, true]);
      expect([who, await asked(who, 's3:GetObject', dump)]).toEqual([who, who === 'ProjectReader']);
      expect([who, await asked(who, 's3:PutObject', file)]).toEqual([who, false]);
      expect([who, await asked(who, 's3:DeleteObject', file)]).toEqual([who, false]);
    }
  });
});

describe('the rules of AWS Solutions', () => {
  it('are kept with everything of Supabase too', () => {
    const app = testApp();
    testStacks({ supabase: { projectRef, newProjects } }, app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});
