import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { AssetManifestArtifact, CloudAssembly, UNKNOWN_ACCOUNT, UNKNOWN_REGION } from 'aws-cdk-lib/cx-api';
import { z } from 'zod';
import { adoptDirectory } from '../processes.ts';
import { ACCOUNT } from './identities.ts';
import { startProgram } from './program.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
});

/** One resource as the template has it: references unresolved. */
export type Resource = z.infer<typeof resourceSchema>;

/** A synthesized stack. */
export interface Stack extends z.infer<typeof templateSchema> {
  readonly name: string;
  /** undefined: the stack goes wherever it is deployed. */
  readonly region: string | undefined;
  /** Directories or files on this machine by the key they would be uploaded under. */
  readonly assets: ReadonlyMap<string, string>;
}

/** The app refused to be synthesized. */
export class SynthesisFailed extends Error {
  override readonly name = 'SynthesisFailed';

  constructor(environment: string, exitCode: number | null, said: string) {
    super(
      `cdk synth -c env=${environment} ended with exit code ${exitCode}, expected 0; correct what it says:\n${said.trim()}`,
    );
  }
}

/**
 * Synthesizes the app as `npx cdk synth -c env=<environment>` does, functions bundled, into a temporary directory that
 * goes when this process does.
 * @returns the directory of the cloud assembly; synthesizing takes many seconds, so share it
 * @throws {SynthesisFailed} with what the app said
 */
export async function synthesize(environment: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vpb-cdk-'));
  adoptDirectory(directory);
  const bin = join(ROOT, 'node_modules', '.bin');
  const options = ['--quiet', '--no-notices', '-c', `env=${environment}`, '--output', directory];
  const { HOME = '', PATH = '' } = process.env;
  const program = startProgram(
    process.execPath,
    [join(bin, 'cdk'), 'synth', ...options],
    // the app is started by the name "node", which must be the one we run on
    { HOME, PATH: [dirname(process.execPath), bin, PATH].join(delimiter) },
    { cwd: ROOT },
  );
  const { exitCode, stdout, stderr } = await program.end;
  if (exitCode !== 0) throw new SynthesisFailed(environment, exitCode, stderr + stdout);
  return directory;
}

/**
 * Reads the templates of a cloud assembly. The account they are bound to, if any, becomes the emulator's.
 * @throws {ZodError} a template is none
 */
export function loadAssembly(directory: string): readonly Stack[] {
  return new CloudAssembly(directory).stacksRecursively.map((artifact) => ({
    ...templateSchema.parse(inEmulatedAccount(artifact.template, artifact.environment.account)),
    name: artifact.stackName,
    region: artifact.environment.region === UNKNOWN_REGION ? undefined : artifact.environment.region,
    assets: new Map(
      artifact.dependencies
        .filter((dependency) => AssetManifestArtifact.isAssetManifestArtifact(dependency))
        .flatMap(({ contents, file }) =>
          Object.values(contents.files ?? {}).flatMap(({ source, destinations }) =>
            Object.values(destinations).map(({ objectKey }): [string, string] => [
              objectKey,
              join(dirname(file), source.path ?? ''),
            ]),
          ),
        ),
    ),
  }));
}

function inEmulatedAccount(template: unknown, account: string): unknown {
  if (account === UNKNOWN_ACCOUNT) return template;
  return JSON.parse(JSON.stringify(template).replaceAll(account, ACCOUNT));
}
