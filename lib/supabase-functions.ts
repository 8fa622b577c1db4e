import { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { LAMBDA_ENV } from '../core/names.ts';
import type { NewProjectSettings, SupabaseSettings } from '../core/supabase/settings.ts';
import { BackupFunction } from './backup-function.ts';
import { keepSecretsRight, readSecretsRight } from './secret-rights.ts';
import type { SupabaseSecrets } from './supabase-secrets.ts';

export interface SupabaseFunctionsProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'timeZone'>;
  readonly settings: SupabaseSettings;
  /** Opens the Management API. */
  readonly token: ISecret;
  readonly secrets: Pick<
    SupabaseSecrets,
    'newProject' | 'newProjectName' | 'drillProject' | 'drillProjectName'
  >;
  readonly logRetention: RetentionDays;
}

/** Reading is tried again for three minutes at the most, and each does some of it one after the other. */
export const SUPABASE_CALL_TIMEOUT = Duration.minutes(12);

/** The project of a drill: made by one function, deleted by another, which may read nothing but the token. */
export interface DrillFunctions {
  readonly project: BackupFunction;
  readonly cleanUp: BackupFunction;
}

/** Where drills or restores make projects, and the secret that takes what opens them. */
interface Making {
  readonly settings: NewProjectSettings;
  readonly secret: ISecret;
  readonly secretName: string;
}

/** What asks Supabase's Management API for a restore or a drill. All hold the token; only what makes a project writes a secret. */
export class SupabaseFunctions extends Construct {
  /** Has the project taken back in time, and looks how it comes back. */
  readonly pitr: BackupFunction;
  /** Makes a project to restore into, and hands it over. Nothing where restores make none. */
  readonly project?: BackupFunction;
  /** What a drill does with a project of its own. Nothing where drills make none. */
  readonly drill?: DrillFunctions;
  readonly #props: SupabaseFunctionsProps;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: SupabaseFunctionsProps) {
    super(scope, id);
    this.#props = props;
    const { config, settings, token, secrets, logRetention } = props;
    this.#environment = {
      [LAMBDA_ENV.environment]: config.name,
      [LAMBDA_ENV.timeZone]: config.timeZone,
      [LAMBDA_ENV.supabaseTokenSecretArn]: token.secretArn,
      [LAMBDA_ENV.supabaseProjectRef]: settings.projectRef,
    };
    this.pitr = new BackupFunction(this, 'Pitr', {
      ...{ logRetention, timeout: SUPABASE_CALL_TIMEOUT },
      capability: 'supabase-pitr',
      description: 'Has Supabase take its project back to a second, and looks until it is up again',
      environment: this.#environment,
      rights: [readSecretsRight('ReadToken', [token])],
    });
    const { newProject, drillProject } = secrets;
    if (settings.newProjects !== undefined && newProject !== undefined)
      this.project = this.maker('Project', 'Makes a Supabase project to restore into', {
        settings: settings.newProjects,
        ...{ secret: newProject, secretName: secrets.newProjectName },
      });
    if (settings.drill !== undefined && drillProject !== undefined)
      this.drill = this.ofDrills(settings.drill, drillProject);
  }

  /** Those of restores. */
  get all(): BackupFunction[] {
    return [this.pitr, ...(this.project === undefined ? [] : [this.project])];
  }

  private maker(id: string, description: string, { settings, secret, secretName }: Making): BackupFunction {
    const { token, logRetention } = this.#props;
    return new BackupFunction(this, id, {
      ...{ logRetention, timeout: SUPABASE_CALL_TIMEOUT },
      capability: 'supabase-project',
      description: `${description}, and puts its passwords into a secret`,
      environment: {
        ...this.#environment,
        [LAMBDA_ENV.newProjects]: JSON.stringify(settings),
        [LAMBDA_ENV.newProjectSecretArn]: secret.secretArn,
        [LAMBDA_ENV.newProjectSecretName]: secretName,
      },
      rights: [readSecretsRight('ReadToken', [token]), keepSecretsRight('KeepPasswords', [secret])],
    });
  }

  private ofDrills({ organization, region, instanceSize }: Drill, secret: ISecret): DrillFunctions {
    const { token, logRetention, secrets } = this.#props;
    return {
      project: this.maker('DrillProject', 'Makes the Supabase project of a drill', {
        settings: { organization, region, instanceSize },
        ...{ secret, secretName: secrets.drillProjectName },
      }),
      cleanUp: new BackupFunction(this, 'DrillCleanUp', {
        ...{ logRetention, timeout: CLEAN_UP_TIMEOUT },
        capability: 'drill-clean-up',
        description: 'Deletes the Supabase project that one drill has made, and looks until it is gone',
        environment: {
          ...this.#environment,
          [LAMBDA_ENV.supabaseDrill]: JSON.stringify({ organization }),
        },
        rights: [readSecretsRight('ReadToken', [token])],
      }),
    };
  }
}

type Drill = NonNullable<SupabaseSettings['drill']>;

/** The longest there is: it tries for ten minutes, and one look at the list may take three more. */
export const CLEAN_UP_TIMEOUT = Duration.minutes(15);
