import { inventoryId } from '../../../core/files/manifest.ts';
import type { FilesRestoreRequest } from '../../../core/files/selection.ts';
import { EXIT } from '../../../core/names.ts';
import type { Verb } from '../cli/verbs.ts';
import { backupFiles } from './backup.ts';
import { checkFiles, type Finding } from './check.ts';
import { listFiles, renderFiles } from './list.ts';
import { restoreFiles } from './restore.ts';

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

  restore:
    (request: FilesRestoreRequest): Verb =>
    async ({ config, reporter, signal }) => {
      const { inventory, project, plan, done } = await restoreFiles(config, request, reporter, signal);
      const { bucketsToMake, overwritten, lacking, ...counts } = plan;
      const planned = {
        id: inventory.id,
        project,
        ...counts,
        bucketsToMake: bucketsToMake.map(({ id }) => id),
        overwritten: overwritten.names,
        lacking: lacking.names,
      };
      if (done === undefined)
        return { exitCode: EXIT.verified, result: { outcome: 'planned', plan: planned } };
      const unproved = done.notVerified.length > 0 ? EXIT.unverified : EXIT.verified;
      return {
        exitCode: done.failed > 0 ? EXIT.failed : unproved,
        result: { ...planned, ...done, seconds: reporter.timings },
      };
    },

  check:
    (): Verb =>
    async ({ config, reporter, signal }) => {
      const report = await checkFiles(config, reporter, signal);
      const { rowsWithoutFile, filesWithoutRow, notAsked, blobsMissing, ...facts } = report;
      const told = ({ count, names: { names } }: Finding) => ({ count, names });
      const violated = rowsWithoutFile.count + filesWithoutRow.count + blobsMissing.count > 0;
      const unproved = facts.notVerified.length > 0 ? EXIT.unverified : EXIT.verified;
      return {
        exitCode: violated ? EXIT.failed : unproved,
        result: {
          ...(violated ? { outcome: 'violated' } : {}),
          ...facts,
          rowsWithoutFile: told(rowsWithoutFile),
          filesWithoutRow: told(filesWithoutRow),
          blobsMissing: told(blobsMissing),
          notAsked: told(notAsked),
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
