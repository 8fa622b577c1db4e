import { describe, expect, it } from 'vitest';
import { containerProcess, engineImage, ImageMissing } from '../../local/image/image.ts';

const CONTAINER = {
  command: ['backup', '--kind', 'daily'],
  environment: { DATABASE_URL: 'postgresql://user:hunter2@host/db', TMPDIR: '/scratch' },
  mounts: { '/scratch': '/tmp/volume' },
};

describe.each(['docker', 'podman'] as const)('a container of %s', (kind) => {
  const image = { kind, name: 'engine' };

  it('is read-only but for its volumes, and runs what it is told', () => {
    const { file, args } = containerProcess(image, CONTAINER);
    expect(file).toBe(kind);
    expect(args).toEqual([
      ...['run', '--rm', '--init', '--read-only', '--network', 'host'],
      ...['--env', 'DATABASE_URL', '--env', 'TMPDIR', '--volume', '/scratch'],
      ...['engine', 'backup', '--kind', 'daily'],
    ]);
  });

  it('gets values by its environment, never by arguments', () => {
    const { args, env } = containerProcess(image, CONTAINER);
    expect(args.join(' ')).not.toContain('hunter2');
    expect(env).toMatchObject(CONTAINER.environment);
  });

  it('runs another program where one is named', () => {
    const { args } = containerProcess(image, { ...CONTAINER, entrypoint: ['sh', '-c'], command: ['id'] });
    expect(args.slice(-5)).toEqual(['--entrypoint', 'sh', 'engine', '-c', 'id']);
  });
});

describe('a container of an image that buildah mounted', () => {
  const image = {
    kind: 'buildah' as const,
    root: '/root/of/image',
    user: '10001:10001',
    env: ['PATH=/usr/bin', 'TMPDIR=/tmp', 'OPTIONS=a=b'],
    entrypoint: ['node', 'main.ts'],
    workingDir: '/engine',
  };

  it('enters its root as its user, with its settings unless they are overridden', () => {
    const { file, args, env } = containerProcess(image, CONTAINER);
    expect([file, ...args.slice(0, 1)]).toEqual(['unshare', '--mount']);
    expect(args.slice(2)).toEqual([
      ...['/root/of/image', '10001:10001', '/engine', '/scratch=/tmp/volume', '--'],
      ...['node', 'main.ts', 'backup', '--kind', 'daily'],
    ]);
    expect(env).toEqual({ PATH: '/usr/bin', OPTIONS: 'a=b', ...CONTAINER.environment });
  });
});

describe('without a built image', () => {
  it('it is said how to build one', () => {
    expect(() => engineImage('/no/such/image.json')).toThrow(ImageMissing);
    expect(() => engineImage('/no/such/image.json')).toThrow(/npm run image/);
  });
});
