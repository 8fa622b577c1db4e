import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, levelOf, parseConfig, tablesOfKind } from '../../core/config.ts';
import { ConfigurationError } from '../../core/errors/index.ts';

/** The message about a configuration that must be refused. */
function refusal(value: unknown): string {
  try {
    parseConfig(value, 'backup.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(value)} was taken`);
}

describe('a configuration', () => {
  it('is the policy of the team when it is empty', () => {
    expect(parseConfig({}, 'x')).toEqual(DEFAULT_CONFIG);
    expect(parseConfig({ levels: {}, backup: { slicing: {} }, upload: {}, limits: {} }, 'x')).toEqual(
      DEFAULT_CONFIG,
    );
  });

  it('keeps the defaults beside what it sets', () => {
    const config = parseConfig({ backup: { compressionLevel: { weekly: 19 } } }, 'x');
    expect(config.backup.compressionLevel).toEqual({
      daily: 3,
      weekly: 19,
      important: 3,
      critical: 3,
      prerestore: 3,
    });
    expect({ ...config, backup: null }).toEqual({ ...DEFAULT_CONFIG, backup: null });
  });

  it.each([
    ['levels.critical', { levels: { critical: [] } }],
    ['levels.critical.0', { levels: { critical: ['a.b.c'] } }],
    ['levels.important.1', { levels: { important: ['ok', 'has space'] } }],
    ['backup.excludeSchemas.0', { backup: { excludeSchemas: [''] } }],
    ['backup.checksums', { backup: { checksums: 'none' } }],
    ['backup.workers', { backup: { workers: -1 } }],
    ['backup.workers', { backup: { workers: 1.5 } }],
    ['backup.workers', { backup: { workers: '4' } }],
    ['backup.workers', { backup: { workers: 65 } }],
    ['backup.lockTimeoutSeconds', { backup: { lockTimeoutSeconds: 0 } }],
    ['backup.lockTimeoutSeconds', { backup: { lockTimeoutSeconds: 3601 } }],
    // rounded to whole milliseconds it would be 0, which means for ever
    ['backup.lockTimeoutSeconds', { backup: { lockTimeoutSeconds: 0.0004 } }],
    ['backup.workers', { backup: { workers: 1_000_000 } }],
    ['backup.slicing.minSliceMiB', { backup: { slicing: { minSliceMiB: 1e-9 } } }],
    ['backup.slicing.maxSliceMiB', { backup: { slicing: { maxSliceMiB: 1e-9 } } }],
    ['backup.compressionLevel.daily', { backup: { compressionLevel: { daily: 0 } } }],
    ['backup.compressionLevel.weekly', { backup: { compressionLevel: { weekly: 20 } } }],
    ['backup.slicing.thresholdMiB', { backup: { slicing: { thresholdMiB: 0 } } }],
    ['backup.slicing.minSliceMiB', { backup: { slicing: { minSliceMiB: -1 } } }],
    ['backup.slicing.maxSliceMiB', { backup: { slicing: { maxSliceMiB: null } } }],
    ['backup.reuse.enabled', { backup: { reuse: { enabled: 'no' } } }],
    ['backup.reuse.minTableKiB', { backup: { reuse: { minTableKiB: 0 } } }],
    ['backup.reuse.rereadAfterHours', { backup: { reuse: { rereadAfterHours: 0 } } }],
    ['backup.reuse.rereadAfterHours', { backup: { reuse: { rereadAfterHours: 1e6 } } }],
    ['upload.firstPartMiB', { upload: { firstPartMiB: 4.9 } }],
    ['upload.firstPartMiB', { upload: { firstPartMiB: 513 } }],
    ['upload.maxParts', { upload: { maxParts: 10_001 } }],
    ['upload.maxParts', { upload: { maxParts: 1 } }],
    ['upload.attempts', { upload: { attempts: 0 } }],
    ['upload.attempts', { upload: { attempts: 21 } }],
    ['limits.runMinutes', { limits: { runMinutes: 0 } }],
    ['limits.runMinutes', { limits: { runMinutes: 40_000 } }],
    ['limits.runMinutes', { limits: { runMinutes: 1e300 } }],
    ['limits.maintenanceMemoryMiB', { limits: { maintenanceMemoryMiB: 1e9 } }],
    ['limits.maintenanceMemoryMiB', { limits: { maintenanceMemoryMiB: 0.5 } }],
    ['levels', { levels: 'critical' }],
    ['backup', { backup: [] }],
    ['(whole file)', []],
    ['(whole file)', null],
    ['(whole file)', 'text'],
  ])('is refused with the path of what is wrong: %s in %j', (path, value) => {
    const message = refusal(value);
    expect(message).toContain(`${path}: `);
    expect(message).toContain('expected');
    expect(message).toContain('backup.json');
  });

  it.each([
    ['worker', { worker: 4 }],
    ['workers', { workers: 4 }],
    ['excludeSchema', { backup: { excludeSchema: ['x'] } }],
    ['monthly', { backup: { compressionLevel: { monthly: 3 } } }],
  ])('is refused for the key %s, which it does not know', (key, value) => {
    expect(refusal(value)).toContain(`"${key}"`);
  });

  it('names every problem at once', () => {
    const message = refusal({ backup: { workers: -1 }, upload: { attempts: 0 }, extra: 1 });
    expect(message).toContain('backup.workers');
    expect(message).toContain('upload.attempts');
    expect(message).toContain('"extra"');
  });
});

describe('the level of a table', () => {
  const config = parseConfig(
    { levels: { critical: ['users', 'auth.users'], important: ['logs.Events', '영상'] } },
    'x',
  );

  it.each([
    ['public', 'users', 'critical'],
    ['auth', 'users', 'critical'],
    ['storage', 'users', 'normal'],
    ['logs', 'Events', 'important'],
    ['logs', 'events', 'normal'],
    ['public', 'Events', 'normal'],
    ['public', '영상', 'important'],
    ['public', 'auth.users', 'normal'],
  ])('of %s.%s is %3$s', (schema, table, level) => {
    expect(levelOf(config, [`${schema}.${table}`])).toBe(level);
  });

  it('is critical when a table is listed twice', () => {
    const twice = parseConfig({ levels: { critical: ['a'], important: ['a'] } }, 'x');
    expect(levelOf(twice, ['public.a'])).toBe('critical');
  });

  it('limits the kinds that hold one level to its tables, qualified', () => {
    expect(tablesOfKind(config, 'critical')).toEqual(['public.users', 'auth.users']);
    expect(tablesOfKind(config, 'important')).toEqual(['logs.Events', 'public.영상']);
    expect(tablesOfKind(config, 'daily')).toBeUndefined();
    expect(tablesOfKind(config, 'weekly')).toBeUndefined();
  });
});
