import { type Command, Option } from 'commander';
import { checkRequest, type FileSelection, type FilesRestoreRequest } from '../../../core/files/selection.ts';
import { parseInstant, parseSlot } from '../../../core/set-id.ts';
import { filesVerbs } from '../files/verbs.ts';
import { instant } from './instant.ts';
import type { Verb } from './verbs.ts';

/** Verbs about the files of Storage: `files backup` and so on. */
export function filesCommands(files: Command, run: (name: string, verb: Verb) => Promise<void>): void {
  const verb = (name: string) => files.command(name).exitOverride().allowExcessArguments(false);
  verb('backup')
    .description('copy the files that are not in the backup bucket yet, and write an inventory of all')
    .addOption(
      new Option('--slot <ISO>', 'the instant the inventory was due; now, if not given').argParser(
        instant(parseSlot),
      ),
    )
    .action((options: { slot?: Date }) => run('files backup', filesVerbs.backup(options.slot)));
  verb('restore')
    .description('bring files back: uploaded again, read back and compared')
    .argument('<id>', 'an inventory id, or latest')
    .option('--at <ISO>', 'with latest: as the files were at this instant', instant(parseInstant))
    .option('--bucket <id>', 'only this bucket')
    .option('--prefix <folder/>', 'only this folder of the bucket')
    .option(
      '--file <bucket/name>',
      'only this file, may be repeated',
      (name: string, before: string[] = []) => [...before, name],
    )
    .option('--plan', 'say what would be created and overwritten, and do nothing')
    .option('--confirm <ref>', 'the project ref: overwrite files that differ')
    .action((id: string, given: GivenRestore) =>
      run('files restore', filesVerbs.restore(requestOf(id, given))),
    );
  verb('check')
    .description('see whether every row has its file, every file its row, and the newest inventory its blobs')
    .action(() => run('files check', filesVerbs.check()));
  verb('list')
    .description('all inventories, newest first')
    .action(() => run('files list', filesVerbs.list()));
}

interface GivenRestore extends FileSelection {
  at?: Date;
  plan?: boolean;
  confirm?: string;
}

function requestOf(
  inventory: string,
  { at, plan, confirm, ...selection }: GivenRestore,
): FilesRestoreRequest {
  return checkRequest({
    inventory,
    selection,
    plan: plan ?? false,
    ...(at === undefined ? {} : { at }),
    ...(confirm === undefined ? {} : { confirm }),
  });
}
