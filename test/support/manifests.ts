import { manifestSha256, type ObjectStore, type StoredObject } from '../../core/catalog.ts';
import { type Kind, WHOLE_KINDS } from '../../core/kinds.ts';
import { type Manifest, serializeManifest } from '../../core/manifest.ts';
import { OBJECT } from '../../core/names.ts';
import { formatSetId, parseSlot, setFolder } from '../../core/set-id.ts';
import { serializeVerification, type Verification } from '../../core/verification.ts';

const HASH = 'a'.repeat(64);

/** A small manifest of a set of that slot; the snapshot is taken at the slot unless changed. */
export function makeManifest(kind: Kind, slotText: string, changes: Partial<Manifest> = {}): Manifest {
  const slot = parseSlot(slotText);
  const content = { bytes: 1, sha256: HASH };
  const roles = ['schema', 'rest', 'roles', 'instructions'] as const;
  return {
    format: 'videoplanet-backup',
    formatVersion: 1,
    id: formatSetId({ kind, slot }),
    kind,
    slot: slot.toISOString(),
    productVersion: '0.1.0',
    startedAt: slot.toISOString(),
    finishedAt: slot.toISOString(),
    source: {
      database: '영상',
      serverVersion: '15.8',
      serverVersionNum: 150008,
      encoding: 'UTF8',
      collate: 'C',
      ctype: 'C',
      sizeBytes: 1,
    },
    client: { postgresMajor: 15, pgDump: '15.8', zstd: '1.5.4', gpg: '2.2.40' },
    snapshot: { time: slot.toISOString(), lsn: '0/1' },
    limitedTo: WHOLE_KINDS.includes(kind) ? null : ['public.users'],
    excludedSchemas: [],
    encryption: { format: 'OpenPGP', recipients: ['F'.repeat(40)], keyIds: ['0123456789ABCDEF'] },
    compression: { format: 'zstd', level: 3 },
    checksums: 'full',
    objects: roles.map((role) => ({ key: OBJECT[role], role, plain: content, stored: content })),
    schemas: ['public'],
    tables: [],
    foreignKeys: [],
    sequences: [],
    largeObjects: { count: '0', checksum: '0' },
    materializedViews: [],
    extensions: [],
    roles: [],
    timings: { read: 1.5 },
    ...changes,
  };
}

/** What a verification of this manifest says. */
export function makeVerification(manifest: Manifest, outcome: Verification['outcome']): Verification {
  return {
    format: 'videoplanet-verification',
    id: manifest.id,
    outcome,
    depth: 'content',
    at: '2026-11-24T00:00:00Z',
    manifestSha256: manifestSha256(serializeManifest(manifest)),
    objects: manifest.objects.length,
    storedBytes: 1,
    problems: outcome === 'failed' ? ['schema.dump.zst.gpg: shorter'] : [],
  };
}

/** A bucket in memory. */
export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, string>();
  /** When objects were written, where that is not long ago. */
  readonly modified = new Map<string, Date>();

  put(key: string, text: string, modified?: Date): this {
    this.objects.set(key, text);
    if (modified !== undefined) this.modified.set(key, modified);
    return this;
  }

  /** Puts a whole set; with an outcome, a verification of exactly this manifest beside it. */
  putSet(manifest: Manifest, outcome?: Verification['outcome']): this {
    const folder = setFolder({ kind: manifest.kind, slot: new Date(manifest.slot) });
    this.put(`${folder}manifest.json`, serializeManifest(manifest));
    if (outcome !== undefined) {
      this.put(`${folder}verification.json`, serializeVerification(makeVerification(manifest, outcome)));
    }
    return this;
  }

  /** In the order the objects came, which is nobody's order: the catalog must sort for itself. */
  async listFolders(prefix: string): Promise<string[]> {
    const below = Array.from(this.objects.keys(), (key) =>
      key.startsWith(prefix) ? key.slice(prefix.length).split('/') : [],
    );
    return [...new Set(below.filter((parts) => parts.length > 1).map(([first]) => `${prefix}${first}/`))];
  }

  async listObjects(prefix: string): Promise<StoredObject[]> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return keys.map((key) => ({ key, modified: this.modified.get(key) ?? new Date(0) }));
  }

  async getText(key: string): Promise<string | undefined> {
    return this.objects.get(key);
  }
}
