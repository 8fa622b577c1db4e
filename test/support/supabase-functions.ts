import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { inject } from 'vitest';
import {
  LOCAL_ORGANIZATION,
  LOCAL_TOKEN,
  type ManagementApi,
  type ManagementOptions,
  startManagementApi,
} from '../../local/supabase/management-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../local/supabase/projects.ts';
import { type Bundles, bundleFunctions, type CallEnd } from './functions.ts';

/** Functions that talk to Supabase, a stand-in for it, and the project that is backed up. */
export interface SupabaseStage {
  readonly supabase: LocalSupabase;
  readonly api: ManagementApi;
  readonly source: Project;
  readonly newProjectArn: string;
  call(capability: string, event: unknown, env?: Readonly<Record<string, string>>): Promise<CallEnd>;
  /** What lies in a secret; nothing where it is empty. */
  secretText(arn: string): Promise<string | undefined>;
  newSecret(value?: string): Promise<string>;
  /** Requests that change something, so far. */
  changes(): string[];
  stop(): Promise<void>;
}

/** Starts them; takes some ten seconds, so a file of tests shares one. */
export async function startSupabaseStage(
  capabilities: readonly string[],
  options: ManagementOptions = {},
): Promise<SupabaseStage> {
  const secrets = new SecretsManagerClient({
    endpoint: inject('s3').endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const newSecret = async (SecretString?: string) => {
    const Name = `test-${crypto.randomUUID()}`;
    const { ARN = '' } = await secrets.send(
      new CreateSecretCommand({ Name, ...(SecretString === undefined ? {} : { SecretString }) }),
    );
    return ARN;
  };
  const [bundles, supabase]: [Bundles, LocalSupabase] = await Promise.all([
    bundleFunctions(capabilities),
    startSupabase({ major: 17 }),
  ]);
  const api = await startManagementApi(supabase, options);
  const source = await supabase.makeProject();
  api.adopt(source, { name: 'videoplanet', password: 'the-password-of-the-source' });
  const [tokenArn, newProjectArn] = await Promise.all([newSecret(LOCAL_TOKEN), newSecret()]);
  return {
    ...{ supabase, api, source, newProjectArn, newSecret },
    call: (capability, event, env = {}) =>
      bundles.call(capability, event, {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: inject('s3').endpoint,
        ENVIRONMENT_NAME: 'test',
        TIME_ZONE: 'Asia/Seoul',
        SUPABASE_PROJECT_REF: source.ref,
        SUPABASE_TOKEN_SECRET_ARN: tokenArn,
        SUPABASE_API_URL: api.endpoint,
        SUPABASE_POOLER_PORT: String(api.poolerPort),
        SUPABASE_NEW_PROJECTS: JSON.stringify({
          organization: LOCAL_ORGANIZATION,
          region: 'ap-northeast-2',
          instanceSize: 'small',
        }),
        NEW_PROJECT_SECRET_ARN: newProjectArn,
        NEW_PROJECT_SECRET_NAME: 'videoplanet-backup/test/new-project',
        ...env,
      }),
    secretText: (arn) =>
      secrets.send(new GetSecretValueCommand({ SecretId: arn })).then(
        ({ SecretString }) => SecretString,
        () => undefined,
      ),
    changes: () => api.requests.filter((request) => !request.startsWith('GET ')),
    async stop() {
      await api.stop();
      await Promise.all([supabase.stop(), bundles.remove()]);
      secrets.destroy();
    },
  };
}
