import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENVIRONMENTS } from '../../core/environments.ts';
import { toolchain } from '../../local/toolchain.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAMES = Object.keys(ENVIRONMENTS);
/** What the machine's own programs need, and nothing of AWS: no credentials, no region, no profile. */
const BARE = {
  PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
  HOME: tmpdir(),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vpb-synth-'));
});
afterAll(() => rm(folder, { recursive: true }));

const outputOf = (name: string) => join(folder, name);
const synth = (name: string | undefined) =>
  execa(
    'npx',
    [
      'cdk',
      'synth',
      '--quiet',
      '--no-notices',
      '--output',
      outputOf(name ?? 'none'),
      ...(name === undefined ? [] : ['-c', `env=${name}`]),
    ],
    {
      cwd: ROOT,
      env: { ...BARE, CDK_DISABLE_CLI_TELEMETRY: 'true' },
      extendEnv: false,
      reject: false,
      all: true,
    },
  );

describe.each(NAMES)('npx cdk synth -c env=%s', (name) => {
  let result: Awaited<ReturnType<typeof synth>>;
  beforeAll(async () => {
    result = await synth(name);
  });

  it('needs no credentials, and warns of nothing', () => {
    expect([result.exitCode, result.all]).toEqual([0, expect.not.stringMatching(/warning/i)]);
  });

  it('makes templates in which cfn-lint finds nothing', async () => {
    const templates = (await readdir(outputOf(name))).filter((file) => file.endsWith('.template.json'));
    expect(templates.sort()).toEqual([
      `VideoPlanetBackup-${name}-Operations.template.json`,
      `VideoPlanetBackup-${name}-Vault.template.json`,
    ]);
    // W3005: CDK writes down dependencies that a reference implies already
    const args = ['--ignore-checks', 'W3005', '--', ...templates.map((file) => join(outputOf(name), file))];
    const { exitCode, all } = await execa(toolchain().cfnLint, args, { reject: false, all: true });
    expect([exitCode, all]).toEqual([0, '']);
  });

  it('bundles functions that Node loads', async () => {
    const file = join(outputOf(name), `VideoPlanetBackup-${name}-Operations.template.json`);
    const { Resources } = JSON.parse(await readFile(file, 'utf8'));
    const functions = (
      Object.values(Resources) as {
        Type: string;
        Properties: { Handler: string };
        Metadata: Record<string, string>;
      }[]
    ).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    expect(functions).toHaveLength(13);
    for (const { Properties, Metadata } of functions) {
      const [module, exported] = Properties.Handler.split('.');
      const bundle = join(outputOf(name), String(Metadata['aws:asset:path']), `${module}.mjs`);
      expect((await import(bundle))[String(exported)]).toBeTypeOf('function');
    }
  });
});

describe('npx cdk synth without an environment', () => {
  it('asks for one', async () => {
    const { exitCode, all } = await synth(undefined);
    expect(exitCode).not.toBe(0);
    expect(all).toContain(
      `no environment was given; give one of ${NAMES.join(', ')}, such as -c env=${NAMES[0]}`,
    );
  });
});

it('a template with a fault is found by cfn-lint', async () => {
  const wrong = JSON.stringify({
    Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Nmae: 'x' } } },
  });
  const file = join(folder, 'wrong.template.json');
  await writeFile(file, wrong);
  const { exitCode, all } = await execa(toolchain().cfnLint, [file], { reject: false, all: true });
  expect(exitCode).not.toBe(0);
  expect(all).toContain('Nmae');
});
