import { type Command, Option } from 'commander';
import {
  parseRestoreRequest,
  RESTORE_MODES,
  type RestoreRequest,
  STRATEGIES,
} from '../../../core/restore-request.ts';

interface Given {
  mode: string;
  at?: string;
  tables?: string[];
  row?: string[];
  where?: string[];
  strategy?: string;
  withDependents?: boolean;
  withParents?: boolean;
  allowUnmatched?: boolean;
  plan?: boolean;
  confirm?: string;
  preRestoreSet?: string;
  withoutPreRestoreSet?: boolean;
}

/** Names with commas between them; one in double quotes may hold a comma. */
export function listOfNames(text: string): string[] {
  return text.match(/(?:"[^"]*"|[^,])+/g) ?? [];
}

/** Several on one command line, each of them a list or not. */
const collect = (split: boolean) => (text: string, before: string[] | undefined) => [
  ...(before ?? []),
  ...(split ? listOfNames(text) : [text]),
];

/** Options of `restore`. */
export function restoreOptions(verb: Command): Command {
  return verb
    .argument('<id>', 'a set id, or latest')
    .addOption(
      new Option('--mode <mode>', 'what to bring back').choices([...RESTORE_MODES]).makeOptionMandatory(),
    )
    .option('--at <ISO>', 'with latest: the state of this instant')
    .addOption(new Option('--tables <names>', 'mode table: which, with commas').argParser(collect(true)))
    .addOption(
      new Option(
        '--strategy <strategy>',
        'mode table: leave beside, put back, or put back and take away the rest',
      ).choices([...STRATEGIES]),
    )
    .addOption(
      new Option('--row <table:column=value>', 'mode rows: one row by its key, may be repeated').argParser(
        collect(false),
      ),
    )
    .addOption(
      new Option('--where <table:condition>', 'mode rows: rows by a condition, may be repeated').argParser(
        collect(false),
      ),
    )
    .option('--with-dependents', 'mode rows: and what hangs on them along foreign keys')
    .option('--with-parents', 'modes table and rows: and what they refer to and is missing')
    .option('--allow-unmatched', 'leave columns alone that the set or the target lacks')
    .option('--plan', 'say what would be done, and do nothing')
    .option('--confirm <name>', "the target database's name: overwrite what it holds")
    .option('--pre-restore-set <id>', 'mode full: the set of the target as it is, where it was made already')
    .option('--without-pre-restore-set', 'mode full: replace the target though no set holds it as it is');
}

/** A member of a request as the command line calls it. */
function spelt(member: string): string {
  if (member === 'set') return '<id>';
  if (member === 'rows') return '--row';
  return `--${member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws UsageError naming what does not fit */
export function requestOf(set: string, { row, ...given }: Given): RestoreRequest {
  return parseRestoreRequest({ set, ...given, ...(row === undefined ? {} : { rows: row }) }, spelt);
}
