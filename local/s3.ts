import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { adoptDirectory, freePort, removeDirectory, type ServerProcess, startServer } from './processes.ts';
import { toolchain } from './toolchain.ts';

const REGION = 'ap-northeast-2';
const START_TIMEOUT_MS = 60_000;

/** A private S3 emulator that forgets everything when it stops. */
export interface LocalS3 {
  /** Where it listens, such as http://127.0.0.1:12345. */
  readonly endpoint: string;
  /** What another program, the AWS CLI or SDK, needs in its environment to talk to it. */
  readonly env: Readonly<Record<string, string>>;
  /** A client of its own; the caller need not destroy it, stop() does. */
  client(): S3Client;
  /** Makes a bucket; `versioned` keeps replaced and deleted objects as older versions. */
  createBucket(name: string, options?: { readonly versioned?: boolean }): Promise<void>;
  /** Ends it; all its objects are gone. */
  stop(): Promise<void>;
}

/**
 * Starts the S3 emulator on a free port of 127.0.0.1 and waits until it answers.
 *
 * @throws {ToolchainMissing} `npm run setup` has not run
 * @throws {ServerDidNotStart} it ended at once or did not answer within a minute
 */
export async function startS3(): Promise<LocalS3> {
  const directory = await mkdtemp(join(tmpdir(), 'vpb-s3-'));
  adoptDirectory(directory);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    const server = await startServer({
      program: toolchain().motoServer,
      args: ['-H', '127.0.0.1', '-p', String(port)],
      cwd: directory,
      logFile: join(directory, 'server.log'),
      stopSignal: 'SIGTERM',
    });
    await server.waitUntil(() => answers(endpoint), START_TIMEOUT_MS);
    return localS3(endpoint, server, directory);
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/moto-api/`)).ok;
  } catch {
    return false;
  }
}

function localS3(endpoint: string, server: ServerProcess, directory: string): LocalS3 {
  const clients: S3Client[] = [];
  const client = (): S3Client => {
    const created = new S3Client({
      endpoint,
      region: REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      forcePathStyle: true,
    });
    clients.push(created);
    return created;
  };
  const administrator = client();
  return {
    endpoint,
    env: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    client,
    createBucket: (name, options) => createBucket(administrator, name, options?.versioned ?? false),
    async stop() {
      for (const each of clients) each.destroy();
      await server.stop();
      await removeDirectory(directory);
    },
  };
}

async function createBucket(client: S3Client, name: string, versioned: boolean): Promise<void> {
  await client.send(
    new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
  if (versioned) {
    await client.send(
      new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  }
}
