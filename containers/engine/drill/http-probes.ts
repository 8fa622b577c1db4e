import type { HttpProbe } from '../../../core/drill/config.ts';
import type { Check } from '../../../core/drill/report.ts';
import { figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { ask, keyHeaders, NO_API, type Question } from './ask-api.ts';
import type { DrillRun, TargetApi } from './context.ts';

/** Headers by which a probe shows a key of its own. */
const KEY_HEADERS = ['apikey', 'authorization'];

/** Requests of the configuration, such as the application or its users make them (spec D3). */
export async function httpProbes(run: DrillRun): Promise<Check> {
  const { httpProbes: probes } = run.config.drill;
  if (probes.length === 0) return notRun('http-probes', 'none are configured (drill.httpProbes)');
  const wrong: string[] = [];
  const unknown: string[] = [];
  let [passed, slowest] = [0, 0];
  for (const probe of probes) {
    const question = questionOf(probe, run.api);
    if (question === undefined) {
      unknown.push(`${probe.name}: it asks the API of the target, and ${NO_API}`);
      continue;
    }
    const began = performance.now();
    const problem = await problemOf(probe, question, run.signal);
    slowest = Math.max(slowest, performance.now() - began);
    if (problem === undefined) passed += 1;
    else wrong.push(`${probe.name}: ${problem}`);
  }
  if (unknown.length === probes.length)
    return notRun('http-probes', `all of them ask the API of the target, and ${NO_API}`);
  return judged('http-probes', { wrong, unknown }, [
    figure('passed', passed, 'probes'),
    figure('slowest', slowest, 'milliseconds'),
  ]);
}

/** A path is asked of the target's API, with its public key, as the application would; others get no key of ours. */
function questionOf(
  { url, method, headers, body }: HttpProbe,
  api: TargetApi | undefined,
): Question | undefined {
  const base = { method, ...(body === undefined ? {} : { body }) };
  if (!url.startsWith('/')) return { ...base, url, headers };
  if (api === undefined) return undefined;
  const own = Object.keys(headers).some((name) => KEY_HEADERS.includes(name.toLowerCase()));
  return { ...base, url: api.url + url, headers: own ? headers : { ...keyHeaders(api.anonKey), ...headers } };
}

/** Neither headers nor address of a probe are repeated: both may hold secrets, and the name says which it was. */
async function problemOf(
  { status, contains }: HttpProbe,
  question: Question,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await ask(question, { signal });
  if (answer.kind === 'lost') return `it was not answered: ${answer.why}`;
  if (answer.status !== status) return `it answered ${answer.status}, expected ${status}`;
  if (contains === undefined || answer.body.toString('utf8').includes(contains)) return undefined;
  return `the answer of ${answer.body.length} bytes does not hold the text expected: ${contains.slice(0, 100)}`;
}
