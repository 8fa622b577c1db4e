import type { App, Environment } from 'aws-cdk-lib';
import { Annotations, Tags } from 'aws-cdk-lib';
import { aboveCeiling } from '../core/cost/ceiling.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { tagCosts } from './cost-budget.ts';
import { OperationsStack } from './operations-stack.ts';
import { VaultStack } from './vault-stack.ts';

/** The stacks of one environment. */
export interface EnvironmentStacks {
  readonly vault: VaultStack;
  readonly operations: OperationsStack;
}

/**
 * Adds the stacks of the environment that was asked for. One that is estimated above its ceiling becomes an error of the
 * app, by which `cdk synth` and `cdk deploy` refuse it (spec C1).
 * @param asked value of the context key `env`
 * @throws Error naming the environments there are
 */
export function addEnvironment(
  app: App,
  asked: unknown,
  known: Readonly<Record<string, EnvironmentConfig>>,
): EnvironmentStacks {
  const config = typeof asked === 'string' && Object.hasOwn(known, asked) ? known[asked] : undefined;
  if (config === undefined) {
    throw new Error(
      `${asked === undefined ? 'no environment was given' : `there is no environment ${JSON.stringify(asked)}`}; ` +
        `give one of ${Object.keys(known).join(', ')}, such as -c env=${Object.keys(known)[0]}`,
    );
  }
  const env: Environment = {
    region: config.region,
    ...(config.account === undefined ? {} : { account: config.account }),
  };
  const prefix = `VideoPlanetBackup-${config.name}`;
  const vault = new VaultStack(app, `${prefix}-Vault`, {
    env,
    config,
    description: `VideoPlanet Backup, ${config.name}: the backups and the secrets. Must outlive everything else`,
  });
  const operations = new OperationsStack(app, `${prefix}-Operations`, {
    env,
    config,
    vault,
    description: `VideoPlanet Backup, ${config.name}: schedules, tasks, workflows, alarms. Can be made anew at any time`,
  });
  const tooDear = aboveCeiling(config);
  if (tooDear !== undefined) Annotations.of(operations).addError(tooDear);
  Tags.of(app).add('application', 'videoplanet-backup');
  Tags.of(app).add('environment', config.name);
  tagCosts(app, config);
  return { vault, operations };
}
