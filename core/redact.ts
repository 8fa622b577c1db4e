/** Stands where something secret stood. */
export const REDACTED = '[removed]';

/** What names a value that nobody but its owner may read; `secret` alone names where one is kept, and is none. */
const NAMES = [
  'pass(?:word|wd|phrase)|pwd|pgpassword|sslpassword|db[-_]?pass(?:word)?',
  'secret[-_]?(?:access[-_]?)?key|session[-_]?token|security[-_]?token|x-amz-(?:signature|credential|security-token)',
  '(?:access|refresh|id|api|auth)[-_]?token|api[-_]?key|service[-_]?role(?:[-_]?key)?|anon[-_]?key|jwt[-_]?secret',
  'private[-_]?key|client[-_]?secret|webhook[-_]?url',
].join('|');
/** As a variable or a member may be called: `GPG_PASSPHRASE`, `targetDbPassword`. Bounded, for a text may be all hyphens. */
const NAME = `(?:[a-z0-9]{1,40}[-_.]){0,6}[a-z0-9]{0,40}?(?:${NAMES})`;

/** A text in quotes, with what is escaped in it, or up to where the text was cut. */
const QUOTED = String.raw`'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$)`;
/** Up to a blank; a quote belongs to it unless it ends a member of JSON. */
const BARE = String.raw`(?:[^\s"]|"(?![,}\]:\s]|$))+`;

type Replace = string | ((found: string, ...groups: string[]) => string);

/** In this order: what holds others comes first. */
const RULES: readonly (readonly [pattern: RegExp, by: Replace])[] = [
  // OpenPGP and PEM, whole or cut
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|$)/g,
    REDACTED,
  ],
  // a webhook is opened by its path
  [
    /((?:https?:\/\/|hooks\.slack\.com)[^\s"'<>]*?\/(?:services|workflows|triggers)\/)[TE]\w*\/[^\s"'<>|)]+/g,
    `$1${REDACTED}`,
  ],
  // user:password@ of any address; a raw password may hold all but blanks and double quotes
  [/\b((?!https?:)[a-z][a-z0-9+.-]*:\/\/)([^\s:@/"'<>?#]*):[^\s"]*@/gi, `$1$2:${REDACTED}@`],
  [/\b(https?:\/\/)([^\s:@/"'<>?#]*):(?!\d{1,5}[/?#])[^\s"]*@/gi, `$1$2:${REDACTED}@`],
  // the same, cut before its end; what ends after a port is none
  [
    /\b([a-z][a-z0-9+.-]*:\/\/)([^\s:@/"'<>?#]+):(?!\d{1,5}(?:[/?#\s"',;.)…]|$))[^\s"/@…]+(?=…|$)/gi,
    `$1$2:${REDACTED}`,
  ],
  // a token in place of the user
  [/\b(https?:\/\/)[^\s:@/"'<>?#]+@/gi, `$1${REDACTED}@`],
  // headers
  [
    /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:AWS4-[^"'\n]*?Signature=[0-9a-f]+|(?:(?:bearer|basic|token|digest)\s+)?[^\s"']+)/gi,
    `$1${REDACTED}`,
  ],
  [/\b(bearer\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{16,}=*/gi, `$1${REDACTED}`],
  [/\b((?:apikey|x-api-key|x-amz-security-token)["']?\s*:\s*)["']?[^\s"',]+/gi, `$1${REDACTED}`],
  // members of JSON, whose name is quoted
  // as deep as JSON lies within JSON: the value ends at a quote with as many backslashes
  [
    new RegExp(String.raw`((\\+)"${NAME}\2"\s*:\s*)\2"(?:[\s\S]*?(?<!\\)\2"|[\s\S]*$)`, 'gi'),
    (_, before = '', depth = '') => `${before}${depth}"${REDACTED}${depth}"`,
  ],
  [new RegExp(String.raw`("${NAME}"\s*:\s*)(?:${QUOTED})`, 'gi'), `$1"${REDACTED}"`],
  // of a query string, whose values end at &
  [new RegExp(String.raw`([?&](?:${NAME})=)[^&\s#"'<>]+`, 'gi'), `$1${REDACTED}`],
  // options of a program
  [
    new RegExp(String.raw`((?<![\w-])--?(?:${NAME}|token|secret)(?:=|\s+))(?:${QUOTED}|(?!-)${BARE})`, 'gi'),
    `$1${REDACTED}`,
  ],
  // members as a console prints them; what follows a colon without quotes may be any sentence
  [new RegExp(String.raw`(?<![?&\w])((?:${NAME})'?\s*:\s*)(?:${QUOTED})`, 'gi'), `$1${REDACTED}`],
  // keywords of libpq, and variables
  [
    new RegExp(String.raw`(?<![?&\w])((?:${NAME})\s*=\s*)(?:${QUOTED}|(?![?&])${BARE})`, 'gi'),
    `$1${REDACTED}`,
  ],
  // keys that are known by how they begin
  [/\bsbp_\w{8,}/g, REDACTED],
  [/\bsb_secret_[\w-]{8,}/g, REDACTED],
  [/\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}/g, REDACTED],
  [/\beyJ[\w-]{10,}(?:\.[\w-]*){0,2}/g, REDACTED],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, REDACTED],
  [/(?<![A-Za-z0-9])(?:IQoJ|FwoG|FQoG)[A-Za-z0-9+/=]{30,}/g, REDACTED],
  [
    /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    (found) => (isRandom(found) ? REDACTED : found),
  ],
];

/** Changes between capitals, small letters, digits and signs in 40 random characters are 25 on the average. */
const CHANGES_OF_A_KEY = 15;

/** Whether forty characters look like a secret access key of AWS; no hash in hex and no path of ours does. */
function isRandom(text: string): boolean {
  const kinds: string[] = [...text].map((each) =>
    /[A-Z]/.test(each) ? 'A' : /[a-z]/.test(each) ? 'a' : /\d/.test(each) ? '0' : '/',
  );
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  return changes >= CHANGES_OF_A_KEY && ['A', 'a'].every((kind) => kinds.includes(kind));
}

/**
 * A text without what opens something (spec S2): connection strings keep host and user and lose the password; tokens, keys,
 * webhooks and headers go whole. Errors of the product hold no secret by construction; this is for words of others that
 * come along with them. To be used before a text is cut: half a secret looks like none.
 */
export function redact(text: string): string {
  return RULES.reduce(
    (rest, [pattern, by]) => (typeof by === 'string' ? rest.replace(pattern, by) : rest.replace(pattern, by)),
    text,
  );
}

const NAMED = new RegExp(`^(?:${NAME})$`, 'i');

/** The same in every text of a value; a member that is named like a secret loses its text whatever it looks like. */
export function redactAll<Value>(value: Value): Value {
  return redacted(value) as Value;
}

function redacted(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string' && member !== '' && NAMED.test(name) ? REDACTED : redacted(member),
    ]),
  );
}
