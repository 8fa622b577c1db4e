import validate from 'asl-validator';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../core/errors/index.ts';
import { ENV, LAMBDA_ENV, NOTHING_ASKED_ERRORS, TARGET_API_ENV } from '../../core/names.ts';
import { LONGEST_MAKING } from '../../lib/restore-new-project.ts';
import { may, roleOf } from '../support/policies.ts';
import { refusalOf } from '../support/refusal.ts';
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
const drill = { organization: 'videoplanet-drills' };
const supabase = { projectRef, drill };
const none = testTemplates({ supabase: { projectRef } });
const full = testTemplates({ supabase, drill: { target: 'supabase' } });

function drillOf({ operations }: typeof full): Definition {
  const found = definitionsOf(operations).find(([id]) => id.startsWith('DrillStateMachine'));
  if (found === undefined) throw new Error('no drill workflow');
  return found[1];
}
const definition = drillOf(full);
const state = (name: string): State => {
  const found = definition.States[name];
  if (found === undefined) throw new Error(`no state ${name} among ${Object.keys(definition.States)}`);
  return found;
};
const AFTER_ASKING = ['LookProject', 'HandOver', 'DrillProject'];

describe('the drill workflow of a Supabase project', () => {
  it('makes projects only where drills have an organization', () => {
    expect(Object.keys(drillOf(none).States).filter((name) => /project|target|clean/i.test(name))).toEqual(
      [],
    );
    expect(Object.keys(definition.States)).toEqual(
      expect.arrayContaining(['Target?', 'PlanProject', 'MakeProject', ...AFTER_ASKING, 'CleanUp']),
    );
  });

  it('is valid, by the rules of the language', () => {
    // the validator knows no references: they are filled in as deployed
    const text = JSON.stringify(definition)
      .replaceAll(/\$\{AWS::Partition\}/g, 'aws')
      .replaceAll(/\$\{(\w+)\.Arn\}/g, 'arn:aws:lambda:ap-northeast-2:123456789012:function:$1');
    expect(validate(JSON.parse(text), { checkArn: true, checkPaths: true })).toMatchObject({
      isValid: true,
      errors: [],
    });
  });

  it.each([
    ['with projects', definition],
    ['without', drillOf(none)],
  ])('makes and holds nothing before it knows whether drills are on: %s', (_, { StartAt, States }) => {
    type Ways = State & { Choices?: { Next: string; Variable?: string; BooleanEquals?: boolean }[] };
    const [chosen, ...others] = (States['Run?'] as Ways).Choices ?? [];
    expect([chosen, others]).toEqual([
      { Variable: '$.plan.run', BooleanEquals: true, Next: expect.stringMatching(/^(Target\?|Drill)$/) },
      [],
    ]);
    // all ways but that one
    const seen = new Set<string>();
    const open = [StartAt];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const { Next, Catch = [], Choices = [], Default } = States[name] as Ways & { Default?: string };
      const ways = [
        Next,
        Default,
        ...[...Catch, ...(name === 'Run?' ? [] : Choices)].map((each) => each.Next),
      ];
      open.push(...ways.filter((each) => each !== undefined));
    }
    expect([...seen].filter((name) => /Project|Target|^Drill$/.test(name))).toEqual([]);
    expect([...seen]).toEqual(expect.arrayContaining(['AuditSkipped', 'TellSkipped', 'Skipped', 'Explain']));
  });

  it('asks for a project once, and looks for it where that is not known', () => {
    const { Retry, Catch } = state('MakeProject');
    expect(Retry).toBeUndefined();
    expect(Catch).toEqual([
      { ErrorEquals: [...NOTHING_ASKED_ERRORS], Next: 'Explain', ResultPath: '$.failure.project' },
      { ErrorEquals: ['States.ALL'], Next: 'ProjectAnswerLost', ResultPath: '$.lost.makeProject' },
    ]);
  });

  it('goes nowhere but through the clean-up once a project was asked for', () => {
    for (const name of AFTER_ASKING)
      expect([name, state(name).Catch?.map(({ Next }) => Next)]).toEqual([name, ['CleanUp']]);
    const ways = (name: string): string[] => {
      const {
        Next,
        Catch = [],
        Choices = [],
        Default,
      } = state(name) as State & {
        Choices?: { Next: string }[];
        Default?: string;
      };
      return [Next, Default, ...Catch.map((each) => each.Next), ...Choices.map((each) => each.Next)].filter(
        (each) => each !== undefined,
      );
    };
    const seen = new Set<string>();
    const open = ['WaitForProject', 'ProjectAnswerLost'];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name) || name === 'CleanUp') continue;
      seen.add(name);
      open.push(...ways(name));
    }
    expect([...seen].sort()).toEqual(
      [...AFTER_ASKING, 'Project?', 'ProjectAnswerLost', 'WaitForProject'].sort(),
    );
  });

  it('ends by the name of a clean-up that failed, whatever the drill has found', () => {
    expect(state('CleanUp').Catch).toEqual([
      { ErrorEquals: ['States.ALL'], Next: 'EngineRan?', ResultPath: '$.failure.cleanUp' },
    ]);
    expect(state('Ended?')).toMatchObject({
      Choices: [{ Variable: '$.failure.cleanUp', IsPresent: true, Next: 'Explain' }, {}],
      Default: 'Explain',
    });
  });

  it('lasts longer than the engine and whatever is waited for at Supabase', () => {
    expect(definition.TimeoutSeconds).toBeGreaterThan(LONGEST_MAKING.toSeconds() + 300 * 60);
    expect(definition.TimeoutSeconds).toBeGreaterThan(drillOf(none).TimeoutSeconds ?? 0);
  });
});

describe('a drill that was stopped from outside', () => {
  it('has its project deleted by what the event says of the execution', () => {
    const found = resourcesOf(full.operations, 'AWS::Events::Rule').find(([id]) =>
      id.startsWith('DrillCleanUp'),
    );
    const { EventPattern, Targets } = (found?.[1].Properties ?? {}) as {
      EventPattern?: unknown;
      Targets?: { InputTransformer: { InputPathsMap: object; InputTemplate: string } }[];
    };
    expect(EventPattern).toMatchObject({
      source: ['aws.states'],
      detail: { status: ['ABORTED', 'TIMED_OUT'] },
    });
    expect(JSON.stringify(EventPattern)).toContain('DrillStateMachine');
    const [target] = Targets ?? [];
    expect(target).toMatchObject({ DeadLetterConfig: {}, RetryPolicy: {} });
    expect(target?.InputTransformer).toEqual({
      InputPathsMap: {
        'detail-executionArn': '$.detail.executionArn',
        'detail-startDate': '$.detail.startDate',
      },
      InputTemplate:
        '{"execution":{"id":<detail-executionArn>,"startedAt":<detail-startDate>},"appearsWithinSeconds":180}',
    });
    expect(none.operations.findResources('AWS::Events::Rule')).not.toHaveProperty(found?.[0] ?? '');
  });
});

describe('what a drill in a project may do', () => {
  const rightsOn = (secret: string) =>
    resourcesOf(full.operations, 'AWS::IAM::Policy')
      .filter(([, { Properties }]) => {
        const { Statement } = Properties.PolicyDocument as { Statement: Record<string, unknown>[] };
        return Statement.some(
          ({ Action, Resource }) =>
            JSON.stringify(Action).includes('GetSecretValue') && JSON.stringify(Resource).includes(secret),
        );
      })
      .map(([id]) => id.replace(/(Task|Execution)?(Role)?DefaultPolicy[0-9A-F]+$/, ''))
      .sort();

  it('is to know its project, and nobody else does', () => {
    expect(rightsOn('SupabaseDrillProject')).toEqual([
      'EngineProjectsDrillDefinition',
      'FunctionsSupabaseDrillProject',
    ]);
  });

  it('is to delete with the token alone: what deletes knows no password', () => {
    const deletes = resourcesOf(full.operations, 'AWS::Lambda::Function').filter(([id]) =>
      id.startsWith('FunctionsSupabaseDrillCleanUp'),
    );
    const [[, { Properties }]] = deletes as [(typeof deletes)[number]];
    const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
    expect(Object.keys(Variables)).not.toContain(LAMBDA_ENV.newProjectSecretArn);
    expect(Variables[LAMBDA_ENV.supabaseDrill]).toBe('{"organization":"videoplanet-drills"}');
  });

  it('is to be given the project and its API field by field, and the source for reading', () => {
    const found = resourcesOf(full.operations, 'AWS::ECS::TaskDefinition').find(([id]) =>
      id.startsWith('EngineProjectsDrill'),
    );
    const containers = found?.[1].Properties.ContainerDefinitions as
      | { Secrets: { Name: string }[] }[]
      | undefined;
    expect(containers?.[0]?.Secrets.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining([
        ...[ENV.databaseUrl, ENV.targetDatabaseUrl, ENV.gpgPrivateKey, 'TARGET_STORAGE_S3_ENDPOINT'],
        ...Object.values(TARGET_API_ENV),
      ]),
    );
  });

  it('is to add evidence, to read sets and files, and to delete nothing', async () => {
    const role = roleOf(full, 'EngineProjectsDrillDefinitionTaskRole');
    const [set, report] = ['daily/20261123T170000Z/rest.dump.zst.gpg', 'drills/drill-x/report.json'];
    for (const [action, key, expected] of [
      ['s3:GetObject', set, true],
      ['s3:PutObject', set, false],
      ['s3:PutObject', report, true],
      ['s3:DeleteObject', report, false],
      ['s3:DeleteObjectVersion', set, false],
    ] as const)
      expect([action, key, await may(full, role, action, key)]).toEqual([action, key, expected]);
  });
});

describe('an environment', () => {
  const refusal = (changes: Parameters<typeof testStacks>[0]) =>
    refusalOf(() => testStacks(changes), ConfigurationError);

  it('is refused where drills shall make projects, and nothing says where', () => {
    expect(refusal({ drill: { target: 'supabase' } })).toContain('there is no supabase.drill');
    expect(refusal({ supabase: { projectRef }, drill: { target: 'supabase' } })).toContain('drill.target');
  });

  it('is refused where the reaper would delete the project of a drill that still runs', () => {
    const short = { projectRef, drill: { ...drill, maxHours: 2 } };
    expect(refusal({ supabase: short })).toMatch(/drill\.timeoutMinutes.*300 minutes.*set 60 or less/s);
    expect(() => testStacks({ supabase: short, drill: { timeoutMinutes: 60 } })).not.toThrow();
  });

  it('is refused where the engine would end a drill for which the task has more time', () => {
    expect(refusal({ drill: { timeoutMinutes: 3000 } })).toMatch(/drill\.timeoutMinutes gives it/);
  });
});

describe('the rules of AWS Solutions', () => {
  it('are kept with projects of drills too', () => {
    const app = testApp();
    testStacks({ supabase }, app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});
