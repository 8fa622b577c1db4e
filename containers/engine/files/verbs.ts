import { inventoryId } from '../../../core/files/manifest.ts';
import { EXIT } from '../../../core/names.ts';
import type { Verb } from '../cli/verbs.ts';
import { backupFiles } from './backup.ts';
import { listFiles, renderFiles } from './list.ts';

/** The verbs about files, options bound. */
export const filesVerbs = {
  backup:
    (given: Date | undefined): Verb =>
    async ({ config, reporter, signal }) => {
      const slot = given ?? new Date(Math.floor(Date.now() / 1000) * 1000);
      const outcome = await backupFiles(config, slot, reporter, signal);
      if (outcome.kind === 'existing')
        return {
          exitCode: EXIT.verified,
          result: { outcome: 'existing', id: inventoryId(slot), existing: true },
        };
      const { manifest, tally } = outcome;
      return {
        // a row without a file is a finding about the project; a file that is there and was not copied is one about the copy
        exitCode: tally.counts.failed === 0 ? EXIT.verified : EXIT.unverified,
        result: {
          outcome: tally.counts.failed === 0 ? 'made' : 'incomplete',
          id: manifest.id,
          existing: false,
          ...manifest.counts,
          rowsWithoutFile: tally.missing.names,
          notVerified: tally.failed.names,
          seconds: reporter.timings,
        },
      };
    },

  list:
    (): Verb =>
    async ({ config }) => {
      const inventories = await listFiles(config);
      if (process.stderr.isTTY) process.stderr.write(`${renderFiles(inventories)}\n`);
      return { exitCode: EXIT.verified, result: { outcome: 'done', inventories } };
    },
};
