import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = join(import.meta.dirname, '..', '.local', 'toolchain.json');

const toolchainSchema = z.object({
  postgres: z.object({ 15: z.string(), 17: z.string() }),
  motoServer: z.string(),
  cfnLint: z.string(),
  /** Nothing where it could not be installed: only the test in a browser needs it. */
  chromium: z.string().nullable().default(null),
  /** A library, not a program; nothing where it could not be installed: only the simulated day needs it. */
  faketime: z.string().nullable().default(null),
});

/** The major versions of PostgreSQL that demo and tests run against. */
export type PostgresMajor = 15 | 17;

/**
 * The programs the set-up found or installed: per major version of PostgreSQL the absolute directory of
 * its programs, and the absolute paths of the S3 emulator and of the checker of templates.
 */
export type Toolchain = z.infer<typeof toolchainSchema>;

/** The set-up has not run in this checkout, or an older one left a file that no longer fits. */
export class ToolchainMissing extends Error {
  override readonly name = 'ToolchainMissing';

  constructor(file: string, cause: unknown) {
    super(`Found no usable ${file}, which names the local servers' programs. Run "npm run setup".`, {
      cause,
    });
  }
}

/**
 * The programs for local servers, as `npm run setup` wrote them down.
 *
 * @param file another file than the checkout's own, for tests
 * @throws {ToolchainMissing} the file is absent or unreadable
 */
export function toolchain(file: string = FILE): Toolchain {
  try {
    return toolchainSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ToolchainMissing(file, error);
  }
}
