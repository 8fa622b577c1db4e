import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adoptDirectory } from '../processes.ts';
import { toolchain } from '../toolchain.ts';

/**
 * How far from the real clock the other one is, in seconds, with its sign: the file that every process under the library
 * reads whenever it asks for the time.
 */
const OFFSET_FILE = 'FAKETIME_TIMESTAMP_FILE';

/** This machine has no library by which programs are given another clock. */
export class ClockCannotBeFaked extends Error {
  override readonly name = 'ClockCannotBeFaked';

  constructor() {
    super(
      'A day needs a clock that can be moved, and this machine has no libfaketime (Linux has it: Debian and Ubuntu as the ' +
        'package libfaketime; macOS lets no library into its own programs, and was not tried). Install it, remove ' +
        '.local/toolchain.json and run "npm run setup"; or run it in a container of Debian.',
    );
  }
}

/** A clock that this process and those it starts believe in. Between two moves it runs as fast as the real one. */
export interface MovableClock {
  /** Sets it to an instant; does nothing where it shows a later one, for a clock that goes back proves nothing. */
  moveTo(instant: number): void;
  /** What a process needs to believe in it that does not inherit the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The environment by which a process sees a clock that can be moved, showing the real time at first. The clocks by which
 * programs measure how long something takes are left alone: timers and time limits are those of the machine.
 * @throws {ClockCannotBeFaked}
 */
export async function clockEnvironment(): Promise<Record<string, string>> {
  const { faketime } = toolchain();
  if (faketime === null) throw new ClockCannotBeFaked();
  const directory = mkdtempSync(join(tmpdir(), 'vpb-clock-'));
  adoptDirectory(directory);
  // PostgreSQL runs as another user
  await chmod(directory, 0o755);
  const file = join(directory, 'offset');
  writeFileSync(file, '+0\n');
  return {
    LD_PRELOAD: faketime,
    [OFFSET_FILE]: file,
    // whoever asks for the time an instant after a move must see it
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // else 0.9.10 takes waits by the monotonic clock for over at once, and Python turns in a circle (libfaketime #503)
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
    // times of files are left alone: the emulator looks at hundreds of folders for each request
    NO_FAKE_STAT: '1',
    // processes share nothing but the file, and a killed one leaves no semaphore
    FAKETIME_DISABLE_SHM: '1',
  };
}

/** The clock of this process, which was started with clockEnvironment(); nothing where it was not. */
export function movableClock(): MovableClock | undefined {
  const file = process.env[OFFSET_FILE];
  if (file === undefined) return undefined;
  let offsetSeconds = 0;
  const names = Object.keys(process.env).filter((name) => /^(LD_PRELOAD|NO_FAKE_STAT|FAKETIME_)/.test(name));
  return {
    environment: Object.fromEntries(names.map((name) => [name, process.env[name] ?? ''])),
    moveTo(instant) {
      const ahead = Math.ceil((instant - Date.now()) / 1000);
      if (ahead <= 0 && offsetSeconds !== 0) return;
      offsetSeconds += ahead;
      // replaced, not rewritten: whoever reads half a line would see the real time
      writeFileSync(`${file}.next`, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
      renameSync(`${file}.next`, file);
    },
  };
}
