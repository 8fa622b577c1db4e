import { reason } from '../../../core/errors/index.ts';
import type { TargetApi } from './context.ts';

/** Of one request, its answer read to the end. A page that takes longer is no page. */
export const ANSWER_MS = 30_000;
/** Bytes of an answer that are kept; the rest is read and let go. */
const KEPT_BYTES = 4 * 1024 * 1024;

export const NO_API =
  'the target is a bare PostgreSQL without an API; a drill with target supabase measures it';

export interface Question {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer<ArrayBuffer>;
}

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: Buffer; readonly milliseconds: number }
  /** No answer, or none to its end; why, without anything that was sent. */
  | { readonly kind: 'lost'; readonly why: string };

/**
 * Sends one request and reads its answer. Redirects are not followed: they would take keys to another host.
 * @throws only when the signal is aborted
 */
export async function ask(
  { url, method = 'GET', headers = {}, body }: Question,
  { signal, limitMs = ANSWER_MS }: { readonly signal: AbortSignal; readonly limitMs?: number },
): Promise<Answer> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  const stop = () => limit.abort();
  signal.addEventListener('abort', stop, { once: true });
  const began = performance.now();
  try {
    const response = await fetch(url, {
      ...{ method, headers, redirect: 'manual', signal: limit.signal },
      ...(body === undefined ? {} : { body }),
    });
    const kept = await readBody(response);
    return { kind: 'answer', status: response.status, body: kept, milliseconds: performance.now() - began };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.signal.aborted) return { kind: 'lost', why: `no answer within ${limitMs / 1000} seconds` };
    return { kind: 'lost', why: whyLost(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function readBody(response: Response): Promise<Buffer> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    if (bytes < KEPT_BYTES) kept.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(kept);
}

/** What the network says. What fetch itself says may repeat the address or a header, and with it a secret. */
function whyLost(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error
    ? reason(first)
    : 'the request cannot be made; see whether its address, its headers and its body are such as HTTP can carry';
}

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The headers that show a key. Keys of the new kind, `sb_…`, are no JWTs: as a bearer they are refused.
 * @param token of a user, in whose name the key asks
 */
export function keyHeaders(key: string, token?: string): Record<string, string> {
  const bearer = token ?? (JWT.test(key.trim()) ? key : undefined);
  return { apikey: key, ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) };
}

export const isGood = (answer: Answer) =>
  answer.kind === 'answer' && answer.status >= 200 && answer.status < 300;

/** A refusal was not done; what was lost, or broke on the way, may have been. */
export const mayBeDone = (answer: Answer) =>
  answer.kind === 'lost' || answer.status < 400 || answer.status >= 500;

/** `answered 503 (PGRST002)`: what became of a request, with the code the service gives, and nothing else of the body. */
export function outcome(answer: Answer): string {
  if (answer.kind === 'lost') return `was not answered: ${answer.why}`;
  const code = codeOf(answer);
  return `answered ${answer.status}${code === '' ? '' : ` (${code})`}`;
}

/** The service's own name of an error, such as `captcha_failed`; empty where it gives none. */
export function codeOf(answer: Answer): string {
  const { error_code, code, error } = objectIn(answer);
  const found = [error_code, code, error].find((value): value is string => typeof value === 'string');
  // what is no plain word may be a sentence with data in it
  return found !== undefined && /^[\w.-]{1,60}$/.test(found) ? found : '';
}

/** What the service says in words, for services whose words hold no rows; never a key or another secret of the request. */
export function wordsOf(answer: Answer, api: TargetApi, secrets: readonly string[] = []): string {
  const { msg, message, error_description } = objectIn(answer);
  const found = [msg, message, error_description].find((value) => typeof value === 'string');
  if (typeof found !== 'string') return outcome(answer);
  const hidden = [api.anonKey, api.serviceRoleKey, ...secrets].filter((secret) => secret !== '');
  const text = hidden.reduce((shown, secret) => shown.replaceAll(secret, '(secret)'), found);
  return `${outcome(answer)}: ${text.replace(/\s+/g, ' ').trim().slice(0, 200)}`;
}

/** Members of a JSON answer; none where it is no object. */
export function objectIn(answer: Answer): Readonly<Record<string, unknown>> {
  if (answer.kind === 'lost') return {};
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
