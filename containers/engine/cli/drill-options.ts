import { type Command, Option } from 'commander';
import { type DrillTarget, TARGETS } from '../../../core/drill/report.ts';
import { UsageError } from '../../../core/errors/index.ts';
import { parseInstant, parseSetId } from '../../../core/set-id.ts';
import { type DrillRequest, REPORT_LANGUAGES } from '../drill/request.ts';
import { instant } from './instant.ts';

interface Given {
  target: DrillTarget;
  backup: string;
  drillId?: string;
  began?: Date;
  asItIs?: boolean;
  out?: string;
  language: DrillRequest['language'];
}

/** Options of `drill`. */
export function drillOptions(verb: Command): Command {
  return verb
    .addOption(
      new Option(
        '--target <target>',
        'task: a PostgreSQL that the drill makes; database: the empty one of TARGET_DATABASE_URL; supabase: that of a project made for it',
      )
        .choices([...TARGETS])
        .default('task'),
    )
    .option('--backup <id>', 'a set id, or latest', 'latest')
    .option('--as-it-is', 'with target database: it holds the set already; check it and restore nothing')
    .option('--out <folder>', 'write the report here as well')
    .addOption(
      new Option('--language <language>', 'the language that the report shows first')
        .choices([...REPORT_LANGUAGES])
        .default('ko'),
    )
    .option('--drill-id <id>', 'id of the drill, where a workflow has to know it')
    .option(
      '--began <ISO>',
      'when the preparation of the drill began: that time counts as recovery',
      instant(parseInstant),
    );
}

/** @throws UsageError for options that do not go together */
export function drillRequestOf({
  backup,
  asItIs = false,
  began,
  drillId,
  out,
  ...given
}: Given): DrillRequest {
  if (backup !== 'latest') parseSetId(backup);
  if (asItIs && given.target === 'task')
    throw new UsageError(
      '--as-it-is checks a database that holds the set already; name it in TARGET_DATABASE_URL and say --target database',
    );
  if (began !== undefined && began.getTime() > Date.now())
    throw new UsageError(
      `--began says ${began.toISOString()}, which is still to come; expected a time in the past`,
    );
  return {
    ...given,
    set: backup,
    asItIs,
    ...(drillId === undefined ? {} : { drillId }),
    ...(began === undefined ? {} : { began }),
    ...(out === undefined ? {} : { out }),
  };
}
