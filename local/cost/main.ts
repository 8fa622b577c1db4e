import { Command } from 'commander';
import { estimateMonth } from '../../core/cost/estimate.ts';
import { levers } from '../../core/cost/levers.ts';
import { type EnvironmentConfig, parseEnvironment } from '../../core/environment.ts';
import { ENVIRONMENTS } from '../../core/environments.ts';
import { costText } from './table.ts';

interface Options {
  readonly env: string;
  readonly json?: true;
  readonly afterMonths?: number;
  readonly databaseGb?: number;
  readonly criticalShare?: number;
  readonly importantShare?: number;
  readonly compressionRatio?: number;
  readonly filesGb?: number;
  readonly filesGrowthGb?: number;
}

const program = new Command('npm run cost --')
  .description(
    'What a month of an environment costs, line by line. Exit code 1: above its ceiling; 2: not understood.',
  )
  .requiredOption('--env <name>', `one of ${Object.keys(ENVIRONMENTS).join(', ')}`)
  .option('--json', 'everything, for programs')
  .option('--after-months <n>', 'month after the first set that is estimated', Number)
  .option('--database-gb <n>', 'rows as they are sent, in GB', Number)
  .option('--critical-share <n>', 'share of the rows in critical tables, 0 to 1', Number)
  .option('--important-share <n>', 'share of the rows in important tables, 0 to 1', Number)
  .option('--compression-ratio <n>', 'bytes of rows for one byte of a set', Number)
  .option('--files-gb <n>', 'files of Storage, in GB', Number)
  .option('--files-growth-gb <n>', '… and how much they grow in a month', Number)
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

try {
  const environment = asked(program.parse().opts<Options>());
  const estimate = estimateMonth(environment);
  const { monthlyCeilingUsd } = environment.cost;
  console.log(
    program.opts<Options>().json
      ? JSON.stringify({ ...estimate, monthlyCeilingUsd, levers: levers(environment) }, null, 2)
      : costText(environment),
  );
  process.exitCode = estimate.totalUsd > monthlyCeilingUsd ? 1 : 0;
} catch (error) {
  const { code, message, exitCode } = error as { code?: string; message: string; exitCode?: number };
  // commander has said it already
  if (code?.startsWith('commander.') !== true) console.error(message);
  process.exitCode = exitCode === 0 ? 0 : 2;
}

/** The environment, with what was given in place of its own workload. */
function asked(options: Options): EnvironmentConfig {
  const known: Readonly<Record<string, EnvironmentConfig>> = ENVIRONMENTS;
  const environment = Object.hasOwn(known, options.env) ? known[options.env] : undefined;
  if (environment === undefined)
    throw new Error(
      `there is no environment ${JSON.stringify(options.env)}; give one of ${Object.keys(known).join(', ')}`,
    );
  const { cost } = environment;
  const { workload } = cost;
  const changed = {
    ...environment,
    cost: {
      ...cost,
      afterMonths: options.afterMonths ?? cost.afterMonths,
      workload: {
        ...workload,
        databaseGb: options.databaseGb ?? workload.databaseGb,
        criticalShare: options.criticalShare ?? workload.criticalShare,
        importantShare: options.importantShare ?? workload.importantShare,
        compressionRatio: options.compressionRatio ?? workload.compressionRatio,
        files: {
          ...workload.files,
          gb: options.filesGb ?? workload.files.gb,
          growthGbPerMonth: options.filesGrowthGb ?? workload.files.growthGbPerMonth,
        },
      },
    },
  };
  return parseEnvironment(changed, 'the options of npm run cost');
}
