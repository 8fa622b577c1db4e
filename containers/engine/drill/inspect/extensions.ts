import type { RestoreRun } from '../../restore/context.ts';
import { type Findings, noFindings } from './structure.ts';

interface Extension {
  readonly name: string;
  readonly version: string;
  readonly schema: string;
}

/**
 * An archive says that an extension is wanted, not in which version: a server makes its own default. So a newer one of
 * the same first number is right on a newer server, and cannot be vouched for on one of the same major; an older one, or
 * one of another first number, is another extension than the source had.
 */
export function compareExtensions(run: RestoreRun, found: readonly Extension[]): Findings {
  const { manifest, project, sandbox } = run;
  const findings = noFindings();
  const there = new Map(found.map((extension) => [extension.name, extension]));
  const unavailable = new Set((project ?? sandbox)?.unavailable);
  const newerServer = run.targetMajor > Math.floor(manifest.source.serverVersionNum / 10_000);
  for (const { name, version, schema } of manifest.extensions) {
    const got = there.get(name);
    // told with what only the platform has
    if (unavailable.has(name)) continue;
    if (got === undefined) findings.wrong.push(`extension ${name} is missing`);
    else {
      const told = `extension ${name} is version ${got.version}, expected ${version}`;
      const order = compareVersions(got.version, version);
      if (order < 0 || firstNumber(got.version) !== firstNumber(version)) findings.wrong.push(told);
      else if (order > 0 && !newerServer) findings.unknown.push(`${told}: newer, so what it does may differ`);
      if (got.schema === schema) continue;
      const place = `extension ${name} is in schema ${got.schema}, expected ${schema}`;
      // the platform puts its own where it likes
      if (manifest.platform === undefined) findings.wrong.push(place);
      else findings.unknown.push(place);
    }
  }
  return findings;
}

function firstNumber(version: string): string {
  return /^\d+/.exec(version)?.[0] ?? version;
}

/** Number by number; a text without any is older than one with. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => (version.match(/\d+/g) ?? []).map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i += 1) {
    const order = (left?.[i] ?? -1) - (right?.[i] ?? -1);
    if (order !== 0) return order;
  }
  return a === b ? 0 : a < b ? -1 : 1;
}
