import { chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { runProgram } from '../programs/child.ts';

const EVERYBODYS = '/tmp';

/** As whom a server runs; nothing for the user that we are. */
export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root, which a laptop's container often is: it runs as `postgres` then, or as nobody. */
export async function serverAccount(): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string, user: string) => runProgram('id', [option, user]).then(Number);
  const user = await id('-u', 'postgres').then(
    () => 'postgres',
    () => 'nobody',
  );
  return { uid: await id('-u', user), gid: await id('-g', user) };
}

/** Where the server's user can get to: the directory for temporary files may be ours alone. */
export async function reachableParent(account: ServerAccount): Promise<string> {
  if (account.uid === undefined) return tmpdir();
  const reached = await runProgram('ls', ['-d', `${tmpdir()}/.`], account).then(
    () => true,
    () => false,
  );
  return reached ? tmpdir() : EVERYBODYS;
}

export async function giveTo({ uid, gid }: ServerAccount, path: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}
