import { randomBytes } from 'node:crypto';
import type { Check, Figure } from '../../../core/drill/report.ts';
import { figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import {
  type Answer,
  ask,
  codeOf,
  isGood,
  keyHeaders,
  mayBeDone,
  NO_API,
  objectIn,
  wordsOf,
} from './ask-api.ts';
import type { DrillRun, TargetApi } from './context.ts';

/** For taking the user away again, also in a drill that is being stopped. */
const CLEAN_UP_MS = 20_000;

interface ThrowawayUser {
  readonly email: string;
  readonly password: string;
  /** Whether there may be one. */
  made: boolean;
  /** Once Auth has said it. */
  id?: string;
}

interface Tried {
  readonly wrong?: string;
  readonly unknown?: string;
  readonly figures?: readonly Figure[];
}

/** Signs a throwaway user in to the restored project, and deletes it whatever happens (spec D3). */
export async function signIn(run: DrillRun): Promise<Check> {
  const { api } = run;
  if (api === undefined) return notRun('sign-in', NO_API);
  const user: ThrowawayUser = {
    email: `vpb-drill-${randomBytes(6).toString('hex')}@example.invalid`,
    // whatever kinds of characters the project demands
    password: `aZ9!${randomBytes(24).toString('base64url')}`,
    made: false,
  };
  let tried: Tried = {};
  let leftOver: string[] = [];
  try {
    tried = await trySignIn(run, api, user);
  } finally {
    leftOver = await removeUser(run, api, user);
  }
  const { wrong, unknown, figures } = tried;
  const listed = (text: string | undefined) => (text === undefined ? [] : [text]);
  return judged(
    'sign-in',
    { wrong: listed(wrong), unknown: [...listed(unknown), ...leftOver] },
    figures ?? [],
  );
}

async function trySignIn(run: DrillRun, api: TargetApi, user: ThrowawayUser): Promise<Tried> {
  const { email, password } = user;
  const post = (path: string, key: string, content: object) =>
    ask({ url: api.url + path, method: 'POST', headers: json(key), body: JSON.stringify(content) }, run);
  const judge = (answer: Answer, what: string): Tried | undefined => {
    if (isGood(answer)) return undefined;
    const text = `${what} ${wordsOf(answer, api, [password])}`;
    return isPolicy(answer) ? { unknown: text } : { wrong: text };
  };
  const account = { email, password, email_confirm: true };
  user.made = true;
  const made = await post('/auth/v1/admin/users', api.serviceRoleKey, account);
  user.made = mayBeDone(made);
  const { id, email: of } = objectIn(made);
  // it will be deleted: no id is taken of a user who may be another
  if (isGood(made) && typeof id === 'string' && of === email) user.id = id;
  const refused = judge(made, 'creating a throwaway user (POST /auth/v1/admin/users)');
  if (refused !== undefined) return refused;
  const token = await post('/auth/v1/token?grant_type=password', api.anonKey, { email, password });
  const notSignedIn = judge(token, 'signing it in (POST /auth/v1/token)');
  if (notSignedIn !== undefined) return notSignedIn;
  const { access_token } = objectIn(token);
  if (typeof access_token !== 'string' || access_token === '')
    return { wrong: 'POST /auth/v1/token answered without an access token' };
  const headers = keyHeaders(api.anonKey, access_token);
  const whoami = await ask({ url: `${api.url}/auth/v1/user`, headers }, run);
  if (!isGood(whoami))
    return {
      wrong: `asking whose the access token is (GET /auth/v1/user) ${wordsOf(whoami, api, [password, access_token])}`,
    };
  const who = objectIn(whoami);
  if (who.id === undefined || who.id !== user.id || who.email !== email)
    return { wrong: 'GET /auth/v1/user names another user than the one who signed in' };
  return { figures: token.kind === 'lost' ? [] : [figure('duration', token.milliseconds, 'milliseconds')] };
}

const json = (key: string) => ({ ...keyHeaders(key), 'content-type': 'application/json' });

/** Auth works, and its settings do not let this user in. */
const POLICY = [
  ...['captcha_failed', 'email_provider_disabled', 'provider_disabled', 'signup_disabled', 'weak_password'],
  ...['email_address_invalid', 'email_address_not_authorized', 'over_request_rate_limit', 'hook_timeout'],
];

function isPolicy(answer: Answer): boolean {
  return answer.kind === 'answer' && (answer.status === 429 || POLICY.includes(codeOf(answer)));
}

/** @returns what is left of it, in words; the database knows also of a user whose making was never answered */
async function removeUser(run: DrillRun, api: TargetApi, user: ThrowawayUser): Promise<string[]> {
  if (!user.made) return [];
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  const left = (why: string) => [
    `the throwaway user ${user.email} may be left in the target: ${why}; delete it under Authentication → Users`,
  ];
  const look = () => idsOf(run, user.email, signal).catch((error: unknown) => ({ unknown: reason(error) }));
  try {
    const before = await look();
    const ids = new Set(Array.isArray(before) ? before : []);
    if (user.id !== undefined) ids.add(user.id);
    const refusals: string[] = [];
    for (const id of ids) {
      const url = `${api.url}/auth/v1/admin/users/${encodeURIComponent(id)}`;
      const gone = await ask({ url, method: 'DELETE', headers: keyHeaders(api.serviceRoleKey) }, { signal });
      if (!isGood(gone)) refusals.push(`deleting it ${wordsOf(gone, api)}`);
    }
    const after = await look();
    if (Array.isArray(after))
      return after.length === 0 ? [] : left(refusals[0] ?? 'it was deleted, and is still in auth.users');
    return ids.size > refusals.length ? [] : left(refusals[0] ?? after.unknown);
  } catch (error) {
    return left(signal.aborted ? `no answer within ${CLEAN_UP_MS / 1000} seconds` : reason(error));
  }
}

async function idsOf({ target }: DrillRun, email: string, signal: AbortSignal): Promise<string[]> {
  const client = await connect(target, signal);
  try {
    const sql = 'SELECT id::text FROM auth.users WHERE email = $1';
    return (await client.query<{ id: string }>(sql, [email])).rows.map(({ id }) => id);
  } finally {
    await client.end().catch(() => undefined);
  }
}
