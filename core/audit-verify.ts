import { auditKeyTime } from './audit.ts';
import { type AuditLink, CHAIN_FOLDER, linkKey, linkNumber, parseLink, sha256Of } from './audit-chain.ts';
import type { StoredObject } from './catalog.ts';
import { PREFIX } from './names.ts';

/** What reading the audit log needs of a bucket. */
export interface AuditReader {
  getText(key: string): Promise<string | undefined>;
  /** Objects below a prefix by key, page by page. @param after keys up to this one are left out */
  pages(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]>;
}

/** What is wrong, and with which object. */
export interface AuditFinding {
  readonly what:
    | 'record-removed'
    | 'record-changed'
    | 'record-inserted'
    | 'link-removed'
    | 'link-changed'
    | 'link-twice'
    | 'newest-removed'
    | 'stray-object';
  readonly key: string;
  readonly problem: string;
}

export interface AuditVerification {
  readonly links: number;
  /** The newest link: who keeps it elsewhere can tell later whether it is still there. */
  readonly newest: Witness | undefined;
  /** Records from before there was a chain: nothing proves them. */
  readonly unproved: number;
  /** Whether the newest record waits to be put under its key: its writer is at work, or died. */
  readonly pending: string | undefined;
  /** The first of them. */
  readonly findings: readonly AuditFinding[];
  /** All of them. */
  readonly problems: number;
}

/** A link by its number and its text. */
export interface Witness {
  readonly number: number;
  readonly sha256: string;
}

export interface VerifyOptions {
  /** Only what was recorded since; the whole chain, if not given. */
  readonly since?: Date;
  /** What was the newest link once: it must still be there, and be the same. */
  readonly witness?: Witness;
  readonly signal?: AbortSignal;
}

/** What a chain of hashes cannot tell, for whoever reads the outcome. */
export const AUDIT_LIMITS = [
  'whether the newest links were removed together with their records: keep "newest" elsewhere and give it with --newest',
  'what somebody with the rights of the audit function has added at the end, or changed in the newest link and its record alike',
  'whether a record was true when it was written, and records from before the chain began',
] as const;

const NAMED = 200;
/** Requests under way at once. */
const AT_ONCE = 32;
/** Clocks of writers and of S3 differ, and a link is younger than the start of its execution. */
const MARGIN_MS = 3_600_000;

/**
 * Reads the chain from its newest link back, compares each with what its successor says of it and with its record, and sees
 * whether there are records that no link names. Keys of records are held in memory, some 150 bytes each; nothing else
 * grows.
 * @throws whatever the store throws: what cannot be read is neither whole nor broken
 */
export async function verifyAudit(
  store: AuditReader,
  options: VerifyOptions = {},
): Promise<AuditVerification> {
  return await new Verifier(store, options).run();
}

/** What a successor says of the link before it. */
interface Expected {
  readonly number: number;
  readonly sha256: string | null | undefined;
}

/** A link as it lies in the bucket, and the record under the key that it names. */
interface LinkRead {
  readonly number: number;
  readonly text: string | undefined;
  readonly link: AuditLink | undefined;
  readonly record: string | undefined;
}

class Verifier {
  readonly #store: AuditReader;
  readonly #options: VerifyOptions;
  /** Records by key: when each was written, and whether a link names it. Listed first: a record is younger than its link. */
  readonly #records = new Map<string, { readonly modified: Date; linked: boolean }>();
  readonly #findings: AuditFinding[] = [];
  #problems = 0;
  #links = 0;
  #newest: Witness | undefined;
  #pending: string | undefined;
  #oldestAt: Date | undefined;

  constructor(store: AuditReader, options: VerifyOptions) {
    this.#store = store;
    this.#options = options;
  }

  async run(): Promise<AuditVerification> {
    await this.#listRecords();
    await this.#walk();
    await this.#seekWitness();
    const unproved = this.#judgeUnlinked();
    return {
      links: this.#links,
      newest: this.#newest,
      unproved,
      pending: this.#pending,
      findings: this.#findings,
      problems: this.#problems,
    };
  }

  #found(what: AuditFinding['what'], key: string, problem: string): void {
    this.#problems += 1;
    if (this.#findings.length < NAMED) this.#findings.push({ what, key, problem });
  }

  async #listRecords(): Promise<void> {
    const { since, signal } = this.#options;
    const root = `${PREFIX.audit}/`;
    const day = since?.toISOString().slice(0, 10).replaceAll('-', '/');
    for await (const page of this.#store.pages(root, day === undefined ? undefined : `${root}${day}`)) {
      signal?.throwIfAborted();
      for (const { key, modified } of page) {
        if (key.startsWith(CHAIN_FOLDER)) {
          if (linkNumber(key) === undefined) this.#stray(key);
          continue;
        }
        const began = auditKeyTime(key);
        if (began === undefined) this.#stray(key);
        else if (since === undefined || began >= since) this.#records.set(key, { modified, linked: false });
      }
    }
  }

  #stray(key: string): void {
    this.#found(
      'stray-object',
      key,
      'it is neither a record nor a link, and the product writes nothing else here',
    );
  }

  async #walk(): Promise<void> {
    const stopBefore = this.#options.since && new Date(this.#options.since.getTime() - MARGIN_MS);
    let expected: Expected | undefined;
    for await (const page of this.#store.pages(CHAIN_FOLDER)) {
      const numbers = page.flatMap(({ key }) => linkNumber(key) ?? []);
      for (let from = 0; from < numbers.length; from += AT_ONCE) {
        this.#options.signal?.throwIfAborted();
        const batch = await Promise.all(
          numbers.slice(from, from + AT_ONCE).map((number) => this.#read(number)),
        );
        for (const each of batch) expected = this.#judge(each, expected);
        if (stopBefore !== undefined && this.#oldestAt !== undefined && this.#oldestAt < stopBefore) return;
      }
    }
    if (expected !== undefined && expected.number > 0) this.#gap(1, expected.number);
  }

  async #read(number: number): Promise<LinkRead> {
    const text = await this.#store.getText(linkKey(number));
    const link = text === undefined ? undefined : parseLink(text, number);
    return { number, text, link, record: link && (await this.#store.getText(link.key)) };
  }

  /** @returns what is expected of the link before */
  #judge({ number, text, link, record }: LinkRead, expected: Expected | undefined): Expected {
    const key = linkKey(number);
    const sha256 = sha256Of(text ?? '');
    const isNewest = this.#links === 0;
    this.#links += 1;
    if (isNewest) this.#newest = { number, sha256 };
    const before = { number: number - 1, sha256: link?.previous };
    if (expected !== undefined && number < expected.number) this.#gap(number + 1, expected.number);
    else if (expected?.sha256 !== undefined && expected.sha256 !== sha256) {
      this.#found('link-changed', key, `its text is not the one that link ${number + 1} names`);
      const named = link && this.#records.get(link.key);
      if (named !== undefined) named.linked = true;
      // told once: what it says of others is not to be believed
      return { number: number - 1, sha256: undefined };
    }
    if (link === undefined) {
      this.#found('link-changed', key, 'it is not the link that was written under this number');
      return { number: number - 1, sha256: undefined };
    }
    this.#oldestAt = new Date(link.at);
    if ((number === 1) !== (link.previous === null))
      this.#found('link-changed', key, 'the first link, and no other, has none before it');
    this.#compareRecord(link, record, isNewest);
    return before;
  }

  #compareRecord(
    link: { number: number; key: string; record: string },
    record: string | undefined,
    isNewest: boolean,
  ): void {
    const listed = this.#records.get(link.key);
    if (listed?.linked === true)
      this.#found(
        'link-twice',
        linkKey(link.number),
        `it names ${link.key}, which a later link names as well`,
      );
    if (listed !== undefined) listed.linked = true;
    if (record === link.record) return;
    if (record !== undefined)
      this.#found('record-changed', link.key, `link ${link.number} holds another text of it`);
    else if (isNewest) this.#pending = link.key;
    else this.#found('record-removed', link.key, `it is not there; link ${link.number} holds its text`);
  }

  #gap(from: number, to: number): void {
    const others = to > from ? `, nor those before it down to ${from}` : '';
    this.#found('link-removed', linkKey(to), `link ${to} is not there${others}`);
  }

  async #seekWitness(): Promise<void> {
    const { witness } = this.#options;
    if (witness === undefined) return;
    const key = linkKey(witness.number);
    const text = await this.#store.getText(key);
    if (text !== undefined && sha256Of(text) !== witness.sha256)
      this.#found('link-changed', key, `once it was ${witness.sha256}, and now it is ${sha256Of(text)}`);
    if (text !== undefined || (this.#newest?.number ?? 0) > witness.number) return;
    const now = this.#newest === undefined ? 'there is none' : `link ${this.#newest.number} is the newest`;
    const problem = `it was there once, and now ${now}: it and what came after it were removed, with their records or without`;
    this.#found('newest-removed', key, problem);
  }

  /** @returns how many records are from before the chain began */
  #judgeUnlinked(): number {
    let unproved = 0;
    for (const [key, { modified, linked }] of this.#records) {
      if (linked) continue;
      const before = this.#links === 0 || (this.#oldestAt !== undefined && modified < this.#oldestAt);
      if (before) unproved += 1;
      else
        this.#found(
          'record-inserted',
          key,
          `no link that can be read names it, and it was written at ${modified.toISOString()}, when there was a chain`,
        );
    }
    return unproved;
  }
}
