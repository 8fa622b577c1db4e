import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '..', '..');

/** How a call of a function ended. */
export interface CallEnd {
  /** What it returned. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever the handler says
  readonly result: any;
  /** What it threw, as Step Functions sees it: the error's name and message. */
  readonly error: { readonly name: string; readonly message: string } | undefined;
  readonly metrics: readonly EmittedMetric[];
  /** Its log, line by line. */
  readonly log: readonly Record<string, unknown>[];
}

/** A metric as CloudWatch takes it from a line of a log. */
export interface EmittedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The handlers as they are deployed: one ES module each, with everything it needs inside. */
export interface Bundles {
  readonly capabilities: readonly string[];
  /** Calls a handler in a process of its own, with nothing but the given environment. */
  call(capability: string, event: unknown, env?: Readonly<Record<string, string>>): Promise<CallEnd>;
  remove(): Promise<void>;
}

/** All capabilities that have a handler. */
export async function capabilitiesOf(root: string): Promise<string[]> {
  const files = await readdir(join(root, 'lambdas'), { recursive: true });
  return files
    .filter((file) => file.endsWith('/handler.ts'))
    .map((file) => file.slice(0, -'/handler.ts'.length))
    .sort();
}

/** Builds handlers with the options the stacks build them with. */
export async function bundleFunctions(capabilities?: readonly string[]): Promise<Bundles> {
  const chosen = capabilities ?? (await capabilitiesOf(ROOT));
  const folder = await mkdtemp(join(tmpdir(), 'vpb-functions-'));
  await build({
    entryPoints: chosen.map((name) => ({
      in: join(ROOT, 'lambdas', name, 'handler.ts'),
      out: `${name}/index`,
    })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return {
    capabilities: chosen,
    call: (name, event, env = {}) => call(join(folder, name, 'index.mjs'), event, env),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Runs a handler once and writes what came of it to file descriptor 3; the other streams are its log. */
const CALLER = `
  const { writeSync } = await import('node:fs');
  const [file, event] = process.argv.slice(1);
  const { handler } = await import(file);
  try {
    writeSync(3, JSON.stringify({ result: await handler(JSON.parse(event), {}) }));
  } catch (error) {
    writeSync(3, JSON.stringify({ error: { name: error.name, message: error.message } }));
  }
`;

async function call(file: string, event: unknown, env: Readonly<Record<string, string>>): Promise<CallEnd> {
  const args = ['--input-type=module', '--eval', CALLER, file, JSON.stringify(event)];
  const { stdout, stderr, stdio } = await execa(process.execPath, args, {
    env: { AWS_REGION: 'ap-northeast-2', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', ...env },
    extendEnv: false,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  // warnings and errors of the log go to the other stream; what Node itself says there is no JSON
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.startsWith('{'));
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const { result, error } = JSON.parse(String(stdio[3]));
  return {
    result,
    error,
    metrics: parsed.flatMap(metricsIn),
    log: parsed.filter((line) => line._aws === undefined),
  };
}

interface EmbeddedMetrics {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
  }[];
}

/** The metrics of one line, by the rules of the embedded metric format. */
function metricsIn(line: Record<string, unknown>): EmittedMetric[] {
  const embedded = line._aws as EmbeddedMetrics | undefined;
  return (embedded?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        value: Number(line[Name]),
        dimensions: Object.fromEntries(names.map((name) => [name, String(line[name])])),
      })),
    ),
  );
}
