import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inject } from 'vitest';

/** Shell text that stands for a program; `"$REAL" "$@"` runs the real one. */
export type Misbehaviour = string;

async function wrap(folder: string, name: string, real: string, body: Misbehaviour): Promise<void> {
  const script = `#!/bin/sh\nREAL='${real}'\ncase "$*" in *--version*) exec "$REAL" "$@";; esac\n${body}\n`;
  await writeFile(join(folder, name), script);
  await chmod(join(folder, name), 0o755);
}

/** Client programs of which one misbehaves. @returns the environment that makes the engine use them */
export async function clientsWith(
  body: Misbehaviour,
  major: 15 | 17 = 15,
  misbehaving: 'pg_dump' | 'pg_restore' = 'pg_dump',
): Promise<Record<string, string>> {
  const { binDir } = inject('servers')[major];
  const folder = await mkdtemp(join(tmpdir(), 'vpb-bin-'));
  for (const program of ['pg_dump', 'pg_restore']) {
    await wrap(folder, program, join(binDir, program), program === misbehaving ? body : 'exec "$REAL" "$@"');
  }
  return { BACKUP_POSTGRES_BINDIRS: folder };
}

/** gpg or zstd misbehave. @returns the environment that puts it first on PATH */
export async function pathWith(program: 'gpg' | 'zstd', body: Misbehaviour): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'vpb-bin-'));
  await wrap(folder, program, `/usr/bin/${program}`, body);
  return { PATH: [folder, process.env.PATH].join(delimiter) };
}
