import type pg from 'pg';

/** The part of node-postgres' connection that is looked at while a session opens. */
type OpeningConnection = NodeJS.EventEmitter & { readonly stream: { destroy(error: Error): void } };

/**
 * libpq's channel_binding=require, of which node-postgres knows only the wish: no answer to a server that does not
 * prove that it holds the key of the certificate TLS has shown. Call it before the session is opened.
 * @returns call it when the session is open; it throws where the server asked for no proof of ours at all
 */
export function insistOnBinding(connection: OpeningConnection): () => void {
  const unbound = new Error('channel_binding=require, and the server offers no channel binding');
  const refuse = () => connection.stream.destroy(unbound);
  let bound = false;
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse();
  });
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
  connection.on('authenticationSASLFinal', () => {
    bound = true;
  });
  return () => {
    if (!bound) throw unbound;
  };
}

/**
 * libpq's target_session_attrs, for a single server.
 * @throws Error when the server is not what was asked for
 */
export async function proveServerRole(client: pg.Client, wanted = 'any'): Promise<void> {
  if (wanted === 'any' || wanted === 'prefer-standby') return;
  const { rows } = await client.query<{ standby: boolean; readOnly: boolean }>(`
    SELECT pg_catalog.pg_is_in_recovery() AS standby,
      pg_catalog.current_setting('default_transaction_read_only') OPERATOR(pg_catalog.=) 'on' AS "readOnly"`);
  const { standby = false, readOnly = false } = rows[0] ?? {};
  const suits = {
    'read-write': !standby && !readOnly,
    'read-only': standby || readOnly,
    primary: !standby,
    standby,
  }[wanted];
  if (suits) return;
  const is = `${standby ? 'a standby' : 'a primary'}${readOnly ? ' that is set to read only' : ''}`;
  throw new Error(`target_session_attrs=${wanted}, and the server is ${is}`);
}
