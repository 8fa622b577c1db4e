import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Command lines of processes whose environment or arguments name a directory: servers, the engine, the synthesis. */
export async function processesNaming(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const naming = await Promise.all(
    pids.map(async (pid) => {
      // a process that ended meanwhile names nothing
      const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
      const [environ, cmdline] = await Promise.all([read('environ'), read('cmdline')]);
      return (environ + cmdline).includes(directory) ? cmdline.replaceAll('\0', ' ') : undefined;
    }),
  );
  return naming.filter((each) => each !== undefined);
}
