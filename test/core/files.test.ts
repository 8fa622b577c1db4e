import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../core/config.ts';
import { compareText, formatEntry, parseEntry } from '../../core/files/entry.ts';
import { blobKey, inventoryFolder, parseInventoryId, slotOfFolder } from '../../core/files/manifest.ts';
import { excluder } from '../../core/files/patterns.ts';
import { projectName } from '../../core/files/project.ts';
import { checkRequest, selector } from '../../core/files/selection.ts';

describe('patterns of files that are left out', () => {
  it.each<[string, string[], string[]]>([
    ['*.tmp', ['a.tmp', 'x/y/b.tmp', '.tmp', 'x/.hidden.tmp'], ['a.tmp.png', 'tmp', 'a.tmp/b', 'a.TMP']],
    [
      'cache/*',
      ['cache/a', 'cache/x/y', 'cache/.x', 'cache/.emptyFolderPlaceholder'],
      ['cache', 'mycache/a', 'x/cache/a', 'Cache/a'],
    ],
    ['**/cache/*', ['cache/a', 'x/cache/a', 'x/y/cache/z/a'], ['cache', 'xcache/a']],
    ['a/*/c', ['a/b/c'], ['a/b/b/c', 'a/b/c/d', 'x/a/b/c']],
    ['a/**', ['a/b', 'a/b/c'], ['b/a/c', 'ab']],
    ['/top/*', ['top/a'], ['x/top/a']],
    ['{a,b}.txt', ['a.txt', 'x/b.txt'], ['c.txt']],
    ['it?s [a-c].txt', ['it s b.txt'], ['its b.txt', 'it s d.txt']],
    ['copy \\(1\\).txt', ['copy (1).txt'], ['copy 1.txt']],
    ['!keep', ['!keep'], ['other']],
    ['node_modules', ['node_modules', 'x/node_modules'], ['node_modules/a']],
  ])('%s', (pattern, out, kept) => {
    const excluded = excluder([pattern]);
    expect(out.filter((name) => !excluded(name))).toEqual([]);
    expect(kept.filter((name) => excluded(name))).toEqual([]);
  });

  it('leave out what any of them says, and are the ones of the strategy unless configured', () => {
    const { files } = parseConfig({}, 'test');
    expect(files.exclude).toEqual(['*.tmp', 'cache/*']);
    expect(['a.tmp', 'cache/a', 'a'].map(excluder(files.exclude))).toEqual([true, true, false]);
    expect(excluder([])('a.tmp')).toBe(false);
  });
});

describe('the order of names', () => {
  it('is that of their bytes, beyond the first plane too', () => {
    const name = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(
        name,
        name,
        (a, b) => Math.sign(compareText(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b)),
      ),
    );
    expect(compareText('\u{1F600}', '\uFF5E')).toBe(1);
  });
});

describe('lines and keys', () => {
  const row = {
    bucket: 'b',
    name: '한글 "x"\n',
    version: null,
    etag: null,
    contentType: null,
    cacheControl: null,
  };
  const rest = { userMetadata: null, owner: null, ownerId: null, createdAt: null, updatedAt: null };

  it('come back as they were written', () => {
    for (const more of [
      { size: 1, sha256: 'a'.repeat(64), stored: { bytes: 9, sha256: null } },
      { size: null, missing: 'gone' },
      { size: 4, failed: 'short' },
    ]) {
      const entry = { ...row, ...rest, ...more };
      const line = formatEntry(entry);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(parseEntry(line)).toEqual(entry);
    }
  });

  it('name the blob by its content and the folder by its slot', () => {
    expect(blobKey(`ab${'0'.repeat(62)}`)).toBe(`assets/blobs/ab/ab${'0'.repeat(62)}.gpg`);
    const slot = parseInventoryId('files-20261124T183000Z');
    expect(slotOfFolder(inventoryFolder(slot))).toEqual(slot);
    expect(slotOfFolder('assets/inventories/20261324T183000Z/')).toBeUndefined();
    expect(slotOfFolder('assets/inventories/other/')).toBeUndefined();
    expect(() => parseInventoryId('20261124T183000Z')).toThrow('no id of an inventory');
  });
});

describe('a selection', () => {
  const names = ['photos/a', 'photos/a/b', 'photosx', 'x'].map((name) => ({ bucket: 'b', name }));
  const chosen = (selection: Parameters<typeof selector>[0]) =>
    [...names, { bucket: 'c', name: 'x' }]
      .filter(selector(selection))
      .map(({ bucket, name }) => `${bucket}/${name}`);

  it('is one file, a folder with or without its slash, a bucket, or all', () => {
    expect(chosen({ file: ['b/x', 'c/x'] })).toEqual(['b/x', 'c/x']);
    expect(chosen({ bucket: 'b', prefix: 'photos' })).toEqual(['b/photos/a', 'b/photos/a/b']);
    expect(chosen({ bucket: 'b', prefix: 'photos/a/' })).toEqual(['b/photos/a/b']);
    expect(chosen({ bucket: 'c' })).toEqual(['c/x']);
    expect(chosen({})).toHaveLength(5);
  });

  it('whose parts do not go together is refused', () => {
    const ask = (selection: Parameters<typeof selector>[0], inventory = 'latest', at?: Date) =>
      checkRequest({ inventory, selection, plan: false, ...(at === undefined ? {} : { at }) });
    expect(() => ask({ prefix: 'a' })).toThrow('--bucket');
    expect(() => ask({ file: ['b/x'], bucket: 'b' })).toThrow('--file');
    expect(() => ask({}, 'files-20261124T183000Z', new Date())).toThrow('latest');
  });
});

describe('the name of a project', () => {
  const ref = 'abcdefghijklmnopqrst';
  it.each([
    [{ user: `postgres.${ref}`, host: 'aws-0-x.pooler.supabase.com', dbname: 'postgres' }, undefined, ref],
    [{ user: 'postgres', host: `db.${ref}.supabase.co`, dbname: 'postgres' }, undefined, ref],
    [{ user: 'postgres', host: 'localhost', dbname: 'mine' }, undefined, 'mine'],
    [{ user: 'postgres', host: 'localhost', dbname: 'mine' }, ' named ', 'named'],
    [{ user: 'postgres.short', host: 'db.short.supabase.co', dbname: 'postgres' }, '', 'postgres'],
  ])('%j, told %s', (keywords, named, expected) => {
    expect(projectName(keywords, named)).toBe(expected);
  });
});
