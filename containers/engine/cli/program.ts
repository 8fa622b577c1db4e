import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../../../core/errors/index.ts';
import { KINDS, type Kind } from '../../../core/kinds.ts';
import { parseSlot } from '../../../core/set-id.ts';
import { mirrorRow } from '../audit/mirror.ts';
import { auditRow } from '../audit/row.ts';
import { auditVerb } from '../audit/verb.ts';
import { drillVerb } from '../drill/verb.ts';
import { filesVerbs } from '../files/verbs.ts';
import { createReporter } from '../progress/reporter.ts';
import { loadConfig, runMinutes } from '../settings.ts';
import { statusVerb } from '../status/verb.ts';
import { auditOptions, auditRequestOf } from './audit-options.ts';
import { drillOptions, drillRequestOf } from './drill-options.ts';
import { filesCommands } from './files-options.ts';
import { instant } from './instant.ts';
import { type Outcome, outcomeOf, report } from './outcome.ts';
import { requestOf, restoreOptions } from './restore-options.ts';
import { storeResult } from './result-object.ts';
import { statusOptions, statusRequestOf } from './status-options.ts';
import { stoppable } from './stop.ts';
import { thawOptions } from './thaw-options.ts';
import { type Verb, verbs } from './verbs.ts';

/**
 * Runs one verb of the engine: result on standard output, everything else on standard error, exit code as in core/names.
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  // whoever read along may be gone, a closed terminal or `| head`: the run and its exit code stand without
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const verb = verbOf(argv);
  const program = buildProgram(async (name, run) => {
    const startedAt = new Date();
    const outcome = withoutCredentials(argv, await runVerb(name, run));
    await storeResult(report(name, outcome));
    const row = auditRow(name, outcome, startedAt, new Date());
    if (row !== undefined && !(await mirrorRow(row))) process.exit();
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const cause = error instanceof CommanderError ? new UsageError(usageMessage(error)) : error;
    await storeResult(report(verb, withoutCredentials(argv, outcomeOf(cause))));
  }
}

/** What a run that gets no further than its arguments calls itself. */
function verbOf(argv: readonly string[]): string {
  const [first, second] = argv.filter((argument) => !argument.startsWith('-'));
  if (first === 'files') return Object.hasOwn(filesVerbs, second ?? '') ? `files ${second}` : 'files';
  if (first === 'drill' || first === 'audit' || first === 'status') return first;
  return argv.find((argument) => Object.hasOwn(verbs, argument)) ?? 'engine';
}

/** The outcome without an argument that looks like a connection string: somebody gave it in the wrong place. */
function withoutCredentials(argv: readonly string[], outcome: Outcome): Outcome {
  const { error } = outcome.result;
  if (error === undefined) return outcome;
  const suspects = argv.flatMap((argument) => /[^\s=]*:.*@.*/s.exec(argument) ?? []);
  const hidden = suspects.reduce(
    (text, suspect) => text.replaceAll(JSON.stringify(suspect).slice(1, -1), '(not repeated)'),
    JSON.stringify(error),
  );
  return { ...outcome, result: { ...outcome.result, error: JSON.parse(hidden) } };
}

async function runVerb(name: string, run: Verb): Promise<Outcome> {
  const told: Record<string, unknown> = {};
  const failed = (error: unknown): Outcome => {
    const { exitCode, result } = outcomeOf(error);
    return { exitCode, result: { ...told, ...result } };
  };
  try {
    const config = loadConfig();
    const reporter = createReporter(name);
    const giveUp = (cause: Error) => {
      void storeResult(report(name, failed(cause))).finally(() => process.exit());
    };
    const tell = (facts: Readonly<Record<string, unknown>>) => void Object.assign(told, facts);
    return await stoppable(runMinutes(config), (signal) => run({ config, reporter, signal, tell }), giveUp);
  } catch (error) {
    return failed(error);
  }
}

function usageMessage(error: CommanderError): string {
  if (error.code === 'commander.help')
    return `no verb was given, expected one of ${[...Object.keys(verbs), 'status', 'drill', 'audit', 'files'].join(', ')}; see --help`;
  return `${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}; see --help`;
}

function buildProgram(run: (name: string, verb: Verb) => Promise<void>): Command {
  const program = new Command('engine')
    .description(
      'Backs up a PostgreSQL or Supabase database to S3, encrypted, and brings it back. Settings come from the environment.',
    )
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError();
  const verb = (name: string) => program.command(name).exitOverride().allowExcessArguments(false);
  verb('backup')
    .description('make the set of one slot')
    .addOption(kindOption().makeOptionMandatory())
    .addOption(
      new Option('--slot <ISO>', 'the instant the set was due; now, if not given').argParser(
        instant(parseSlot),
      ),
    )
    .option('--no-verify', 'do not read the objects back afterwards: a later step does')
    .action((options: { kind: Kind; slot?: Date; verify: boolean }) => run('backup', verbs.backup(options)));
  verb('list')
    .description('all sets, newest first')
    .addOption(kindOption())
    .action((options: { kind?: Kind }) => run('list', verbs.list(options)));
  statusOptions(verb('status'))
    .description(
      'how the backups are: green, or what is wrong; exit code 1 when something is, 2 when not all is known',
    )
    .action((options) => run('status', statusVerb(statusRequestOf(options))));
  verb('verify')
    .description('read a set back: sizes, hashes, encryption; with the private key its content too')
    .argument('<id>', 'a set id, or latest')
    .action((id: string) => run('verify', verbs.verify(id)));
  verb('integrity')
    .description('see whether the rows keep every foreign key, every sequence and the configured rules')
    .option(
      '--rule <name>',
      'only this rule, or kind of rules; may be repeated',
      (name, before: string[] = []) => [...before, name],
    )
    .action((options: { rule?: string[] }) => run('integrity', verbs.integrity(options.rule)));
  restoreOptions(verb('restore'))
    .description('bring a set back: the whole database, tables, or rows')
    .action((id: string, options) => run('restore', verbs.restore(requestOf(id, options))));
  verb('rollback')
    .description('put the database that a restore replaced back in its place; what is there now is kept')
    .argument('<restore-id>', 'restoreId of the result of a restore, or of a rollback')
    .option('--confirm <name>', "the target database's name")
    .action((id: string, { confirm }: { confirm?: string }) => run('rollback', verbs.rollback(id, confirm)));
  thawOptions(verb('thaw'))
    .description(
      'ask S3 for the objects of an archived set, so that it can be restored; run again, it says how they stand',
    )
    .action((id: string, options) => run('thaw', verbs.thaw(id, options)));
  drillOptions(verb('drill'))
    .description(
      'rehearse a recovery: restore the newest verified set into a throwaway target, check, measure, report',
    )
    .action((options) => run('drill', drillVerb(drillRequestOf(options))));
  auditOptions(verb('audit'))
    .description('what was done, when and by whom; with --verify whether the log of it is whole')
    .action((options) => run('audit', auditVerb(auditRequestOf(options))));
  filesCommands(
    verb('files').description('the files of Supabase Storage: copy them, bring them back, look after them'),
    run,
  );
  return program;
}

function kindOption(): Option {
  return new Option('--kind <kind>', 'kind of set').choices([...KINDS]);
}
