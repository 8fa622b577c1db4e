import { connect } from '../../database/connect.ts';
import { readFacts } from '../../database/facts.ts';
import { clientsFor } from '../../programs/clients.ts';
import { makePrivateDirectory } from '../../programs/leftovers.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { lookAtDestination } from '../../supabase/project.ts';
import type { DrillRun } from '../context.ts';

/** What looking at a restored database works with: that of a restore which writes nothing. */
export interface Inspection extends AsyncDisposable {
  readonly run: RestoreRun;
}

/** Reads anew what the target is: somebody may have changed it since it was restored. */
export async function openInspection(drill: DrillRun): Promise<Inspection> {
  const { manifest, config, target, signal } = drill;
  const client = await connect(target, signal);
  try {
    const facts = await readFacts(client);
    const targetMajor = Math.floor(facts.serverVersionNum / 10_000);
    const { project, sandbox } = await lookAtDestination(client, manifest);
    const clients = await clientsFor(manifest.client.postgresMajor, `reading ${manifest.id}`);
    const targetClients = await clientsFor(targetMajor, 'reading the restored structure back');
    const scratch = await makePrivateDirectory('vpb-look-');
    const run: RestoreRun = {
      ...{ manifest, config, target, targetMajor, project, sandbox, clients, targetClients, signal },
      opener: {
        bucket: drill.bucket,
        folder: drill.folder,
        keyring: drill.keyring,
        attempts: config.upload.attempts,
        signal,
      },
      overlays: [],
      reconciled: [],
      missingTablespaces: [],
      jobsLeftOff: [],
      grantsRefused: new Set(),
      createdRoles: new Set(),
      workers: drill.workers,
      provedByCaller: true,
      reporter: drill.reporter,
      scratch: scratch.path,
      fail: () => undefined,
    };
    return { run, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
  } finally {
    await client.end().catch(() => undefined);
  }
}
