import { FaultError, InputError } from './base.ts';

const API = "Supabase's Management API";
const TOKENS = 'https://supabase.com/dashboard/account/tokens';

/** Something that cannot go into a request: a ref, a slug, a time, a token. A token is never shown. */
export class SupabaseArgumentInvalid extends InputError {
  override readonly name = 'SupabaseArgumentInvalid';
  constructor(what: string, got: string, expected: string) {
    // a token that was put in the place of a ref
    const shown = got.replace(/sbp_\w+/g, '(a token)');
    super(`${what} is ${shown}, expected ${expected}; nothing was sent to ${API}`);
  }
}

/** 401: the access token is unknown, expired or was taken back. */
export class SupabaseTokenRejected extends FaultError {
  override readonly name = 'SupabaseTokenRejected';
  constructor(call: string, said: string) {
    super(
      `${API} does not know the access token (${call}: 401, ${said}); it was deleted or has expired: make a new one at ` +
        `${TOKENS} and put it where the old one is`,
    );
  }
}

/** 402: the organization's plan does not have it, or a bill is open. */
export class SupabasePlanRefused extends FaultError {
  override readonly name = 'SupabasePlanRefused';
  constructor(call: string, said: string) {
    super(
      `${API} wants a higher plan or a payment (${call}: 402, ${said}); see the organization's plan, spend cap and open ` +
        'invoices in the dashboard under Billing',
    );
  }
}

/** 403: the token is good, and may not do this. */
export class SupabaseForbidden extends FaultError {
  override readonly name = 'SupabaseForbidden';
  /** As the answer names them; empty when it names none. */
  readonly missingPermissions: readonly string[];
  constructor(call: string, said: string, missingPermissions: readonly string[]) {
    const missing =
      missingPermissions.length === 0
        ? 'it names no missing permission: give the token those of the guide'
        : `it lacks ${missingPermissions.join(', ')}: give it these`;
    super(
      `the access token may not do this (${call}: 403, ${said}); ${missing} with a new token at ${TOKENS}, and see that ` +
        "the role of the token's owner in the organization has them too",
    );
    this.missingPermissions = missingPermissions;
  }
}

/** 404: there is no such project or organization, or the token does not see it. */
export class SupabaseNotFound extends FaultError {
  override readonly name = 'SupabaseNotFound';
  constructor(call: string, said: string) {
    super(
      `${API} finds nothing there (${call}: 404, ${said}); it was deleted, the ref or slug is another one, or the token ` +
        'does not reach it: compare with the address in the dashboard',
    );
  }
}

/** 429, and waiting for it would take too long or is not allowed. */
export class SupabaseRateLimited extends FaultError {
  override readonly name = 'SupabaseRateLimited';
  /** When the limit ends, where the answer says so. */
  readonly retryAt: Date | undefined;
  constructor(call: string, said: string, retryAt: Date | undefined) {
    const when = retryAt === undefined ? 'in a minute' : `after ${retryAt.toISOString()}`;
    super(
      `too many requests of this user (${call}: 429, ${said}); it was not done: try again ${when}, all tokens of a user ` +
        'share one limit',
    );
    this.retryAt = retryAt;
  }
}

/** Any other refusal: the request itself is wrong, or does not fit the state of the project. */
export class SupabaseRefused extends FaultError {
  override readonly name = 'SupabaseRefused';
  readonly status: number;
  constructor(call: string, status: number, said: string) {
    super(
      `${API} refused (${call}: ${status}, ${said}); it was not done: see the state of the project in the dashboard, and ` +
        'set right what the answer names',
    );
    this.status = status;
  }
}

/** It answers with its own failures, also after all tries. */
export class SupabaseUnavailable extends FaultError {
  override readonly name = 'SupabaseUnavailable';
  constructor(call: string, status: number, said: string, tries: number) {
    super(
      `${API} fails (${call}: ${status}, ${said}; tried ${tries} times); see https://status.supabase.com and start again ` +
        'later',
    );
  }
}

/** No connection, or no answer in time; nothing was changed by it. */
export class SupabaseUnreachable extends FaultError {
  override readonly name = 'SupabaseUnreachable';
  constructor(call: string, why: string, tries: number) {
    super(
      `no answer of ${API} (${call}: ${why}; tried ${tries === 1 ? 'once' : `${tries} times`}), nothing was changed; ` +
        'check the way to the internet and https://status.supabase.com, then start again',
    );
  }
}

/** A request that changes something was sent, and no usable answer came back. */
export class SupabaseAnswerLost extends FaultError {
  override readonly name = 'SupabaseAnswerLost';
  constructor(call: string, why: string) {
    super(
      `the answer to ${call} was lost (${why}): it may or may not have been done; look first, in the list of projects or at ` +
        'the state of the project, and only then try again',
    );
  }
}

/** An answer that is none of the Management API, or lacks what its contract promises. */
export class SupabaseAnswerInvalid extends FaultError {
  override readonly name = 'SupabaseAnswerInvalid';
  constructor(call: string, problem: string) {
    super(
      `the answer to ${call} is not what ${API} promises: ${problem}; look for a proxy that answers in its place, else a ` +
        'newer version of this product is needed',
    );
  }
}

/** The answer names a pooler that is not Supabase's: the password of a database would go there. */
export class SupabasePoolerForeign extends FaultError {
  override readonly name = 'SupabasePoolerForeign';
  constructor(ref: string, problem: string) {
    super(
      `${API} named a pooler for project ${ref} that cannot be its own: ${problem}; nothing was sent there: compare with ` +
        'Connect in the dashboard, and look for a proxy that changes answers',
    );
  }
}
