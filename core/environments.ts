import { type EnvironmentConfig, type EnvironmentInput, parseEnvironment } from './environment.ts';

/**
 * The environments there are: **the file a team edits before it deploys**. What is left out is the strategy's own value;
 * core/environment.ts and core/policy.ts say what can be set and why it is what it is.
 */
const written = {
  staging: {
    name: 'staging',
    // an address nobody has: put in your own
    alertEmails: ['backup-alerts@videoplanet.example'],
    // rehearses what production does at a price that does not matter: nobody needs yesterday's staging within minutes
    schedules: { important: { enabled: false }, critical: { enabled: false } },
    policy: { tiering: {}, retention: { weekly: { keepDays: 28 } } },
    logRetentionDays: 30,
  },
  production: {
    name: 'production',
    // an address nobody has: put in your own
    alertEmails: ['backup-alerts@videoplanet.example'],
  },
} satisfies Record<string, EnvironmentInput>;

/** The environments, complete. */
export const ENVIRONMENTS: Readonly<Record<keyof typeof written, EnvironmentConfig>> = {
  staging: parseEnvironment(written.staging, 'core/environments.ts, staging'),
  production: parseEnvironment(written.production, 'core/environments.ts, production'),
};
