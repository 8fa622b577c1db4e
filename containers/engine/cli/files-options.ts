import { type Command, Option } from 'commander';
import { parseSlot } from '../../../core/set-id.ts';
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
  verb('list')
    .description('all inventories, newest first')
    .action(() => run('files list', filesVerbs.list()));
}
