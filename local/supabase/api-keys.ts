import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a token says of its bearer. */
export interface Claims {
  readonly role: string;
  readonly sub?: string;
}

export type KeyKind = 'legacy' | 'new';

/** Keys and tokens of one project. */
export interface ApiKeys {
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  /** A token of a user. */
  sign(claims: Claims): string;
  /** Whose request it is, by its headers; nothing where the gateway would refuse it. */
  claimsOf(headers: {
    readonly apikey?: unknown;
    readonly authorization?: string | undefined;
  }): Claims | undefined;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param kind `legacy` are JWTs; `new` ones are not, and the gateway refuses them as a bearer */
export function makeApiKeys(kind: KeyKind): ApiKeys {
  const secret = randomBytes(32);
  const signature = (content: string) => createHmac('sha256', secret).update(content).digest('base64url');
  const sign = (claims: Claims) => {
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${content}.${signature(content)}`;
  };
  const verify = (token: string): Claims | undefined => {
    const [, content = '', claims = '', given = ''] = /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(token) ?? [];
    const expected = Buffer.from(signature(content));
    if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), expected)) return undefined;
    return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Claims;
  };
  const random = randomBytes(12).toString('hex');
  const anonKey = kind === 'legacy' ? sign({ role: 'anon' }) : `sb_publishable_${random}`;
  const serviceRoleKey = kind === 'legacy' ? sign({ role: 'service_role' }) : `sb_secret_${random}`;
  return {
    anonKey,
    serviceRoleKey,
    sign,
    claimsOf({ apikey, authorization }) {
      if (apikey !== anonKey && apikey !== serviceRoleKey) return undefined;
      if (authorization !== undefined) return verify(authorization.replace(/^Bearer /, ''));
      // the gateway makes a token of a new key; a legacy one has to be shown as the bearer too
      return { role: kind === 'new' && apikey === serviceRoleKey ? 'service_role' : 'anon' };
    },
  };
}
