import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBackupInput } from '../../core/backup-input.ts';
import { parseDrillInput } from '../../core/drill/input.ts';
import { ENVIRONMENTS } from '../../core/environments.ts';
import { parseRestoreInput } from '../../core/restore-input.ts';
import { WORKFLOW_MODES } from '../../core/restore-input-members.ts';
import { STRATEGIES } from '../../core/restore-request.ts';
import { RUNBOOK, runbookLink } from '../../core/runbook.ts';
import { addEnvironment } from '../../lib/app.ts';
import { resourcesOf, testApp, testTemplates } from '../support/stacks.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const GUIDES = ['docs/deploy.md', RUNBOOK, 'docs/runbook.ko.md'];
const PAGES = [...GUIDES, 'README.md', 'README.ko.md', 'docs/architecture.md', 'docs/restore-by-hand.md'];
const texts = new Map(
  await Promise.all(
    PAGES.map(async (page): Promise<[string, string]> => [page, await readFile(join(ROOT, page), 'utf8')]),
  ),
);
const textOf = (page: string) => texts.get(page) ?? '';
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
/** Blocks of shell commands. */
const shellOf = (page: string) => matches(textOf(page), /^ *```sh\n([\s\S]*?)^ *```$/gm);

/** With a Supabase project, as the guides take it. */
const templates = testTemplates({ supabase: { projectRef: 'abcdefghijklmnopqrst' } });
const outputs = {
  Vault: Object.keys(templates.vault.findOutputs('*')),
  Operations: Object.keys(templates.operations.findOutputs('*')),
};
const secrets = resourcesOf(templates.vault, 'AWS::SecretsManager::Secret').map(([, { Properties }]) =>
  String(Properties.Name).replace('videoplanet-backup/test/', ''),
);

describe.each(GUIDES)('%s', (guide) => {
  it('reads outputs that the stacks have', () => {
    const read = [...textOf(guide).matchAll(/output (Vault|Operations) (\w+)/g)];
    expect(read.length).toBeGreaterThan(3);
    for (const [, stack, name] of read) expect(outputs[stack as 'Vault' | 'Operations']).toContain(name);
  });

  it('names stacks and workflows as the app does', () => {
    const { vault, operations } = addEnvironment(testApp(), 'staging', ENVIRONMENTS);
    const named = matches(textOf(guide), /(VideoPlanetBackup-\$ENVIRONMENT-(?:\$1|\w+))/g);
    expect(named.length).toBeGreaterThan(0);
    const known = ['$1', 'Vault', 'Operations'].map((name) => `VideoPlanetBackup-$ENVIRONMENT-${name}`);
    expect(known).toEqual(expect.arrayContaining(named));
    expect([vault, operations].map(({ stackName }) => stackName)).toEqual(
      known.slice(1).map((name) => name.replace('$ENVIRONMENT', 'staging')),
    );
  });

  it('has commands that bash can read', async () => {
    for (const script of shellOf(guide)) {
      const readable = script.replace(/<[\p{L}-]+>/gu, 'placeholder');
      expect(await execa('bash', ['-n'], { input: readable, reject: false })).toMatchObject({ exitCode: 0 });
    }
  });
});

describe('the way from nothing', () => {
  const guide = textOf('docs/deploy.md');

  it('fills secrets that there are, and speaks of each', () => {
    const filled = matches(guide, /(?:^|\| )(?:store|ask) ([a-z-]+)/gm);
    expect(filled.length).toBeGreaterThan(3);
    expect(secrets).toEqual(expect.arrayContaining(filled));
    for (const name of secrets) expect(guide).toMatch(new RegExp(`(store|ask|\`) ?${name}\\b`));
  });

  it('says what each environment has: seven secrets, and as many alarms', () => {
    const alarms = (name: keyof typeof ENVIRONMENTS) => {
      const { schedules } = ENVIRONMENTS[name];
      return Object.keys(testTemplates({ schedules }).operations.findResources('AWS::CloudWatch::Alarm'))
        .length;
    };
    expect(guide).toContain(`Secrets Manager, ${secrets.length} secrets`);
    expect(guide).toContain(`${alarms('production')} or ${alarms('staging')} alarms`);
  });
});

describe('the commands that fill secrets', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vpb-guide-'));
    const aws = join(folder, 'aws');
    await writeFile(
      aws,
      '#!/bin/bash\nprintf "%s\\n" "$@" > "$0.arguments"\nexec cat /dev/stdin > "$0.value"\n',
    );
    await chmod(aws, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const definitions = shellOf('docs/deploy.md').find((script) => script.startsWith('store()')) ?? '';
  const told = async (name: string) => readFile(join(folder, `aws.${name}`), 'utf8');
  const bash = (script: string, input: string) =>
    // with a socket for its input, bash takes itself for a remote shell and may read what sets another PATH
    execa('bash', ['--norc', '-c', `${definitions}\n${script}`], {
      input,
      env: { PATH: `${folder}:${process.env.PATH}`, ENVIRONMENT: 'staging' },
    });

  it.each([
    ['ask database-url', 'postgresql://u:p%40ss@h:5432/d\n', 'postgresql://u:p%40ss@h:5432/d'],
    ['ask gpg-passphrase', 'back\\slash and space\n', 'back\\slash and space'],
    ['cat | store gpg-public-key', 'many\nlines\n', 'many\nlines\n'],
  ])('%s gives the value to aws as it is, and to nobody else', async (script, typed, value) => {
    const { stdout, stderr } = await bash(script, typed);
    expect(await told('value')).toBe(value);
    const [line = ''] = value.split('\n');
    expect([await told('arguments'), stdout, stderr].join('\n')).not.toContain(line);
    expect((await told('arguments')).split('\n').slice(0, 6)).toEqual([
      'secretsmanager',
      'put-secret-value',
      '--secret-id',
      `videoplanet-backup/staging/${/[\w-]+$/.exec(script)?.[0]}`,
      '--secret-string',
      'file:///dev/stdin',
    ]);
  });
});

describe('the runbook in Korean', () => {
  const headings = (page: string) => matches(textOf(page), /^#+ (.+)$/gm);
  const sections = (page: string) => headings(page).filter((heading) => /^[\w/]+$/.test(heading));

  it('has every heading an alert leads to, in the same order', () => {
    const english = sections(RUNBOOK).filter((heading) => heading !== 'Runbook' && heading !== 'Alarms');
    expect(english.length).toBeGreaterThan(20);
    expect(sections('docs/runbook.ko.md')).toEqual(english);
  });

  it('has the same addresses: a link to one is a link to the other', () => {
    const anchors = (page: string) => sections(page).map((heading) => runbookLink(heading).split('#')[1]);
    const known = new Set(anchors('docs/runbook.ko.md'));
    for (const anchor of anchors(RUNBOOK).filter((each) => each !== 'runbook' && each !== 'alarms'))
      expect(known).toContain(anchor);
  });

  it('says of each what it is, where to look and what to do', () => {
    const parts = textOf('docs/runbook.ko.md').split(/^## /m).slice(1);
    for (const part of parts)
      for (const word of ['**설명.**', '**조사.**', '**해결.**']) expect(part).toContain(word);
  });

  it('has the inputs of the English one, and a workflow takes each of them', () => {
    const inputs = (page: string) => matches(textOf(page), /^```json\n([\s\S]*?)^```$/gm);
    const english = inputs(RUNBOOK);
    expect(english.length).toBeGreaterThan(15);
    expect(inputs('docs/runbook.ko.md')).toEqual(english);
    for (const text of english) {
      const input = JSON.parse(text);
      if ('kind' in input) parseBackupInput(input, '2026-11-24T03:00:00Z');
      else if ('mode' in input) parseRestoreInput(input);
      else parseDrillInput(input, 'task');
    }
    const shown = english.join('');
    for (const mode of WORKFLOW_MODES) expect(shown).toContain(`"mode": "${mode}"`);
    for (const strategy of STRATEGIES) expect(shown).toContain(`"strategy": "${strategy}"`);
  });

  it('has the commands of the English one, word for word', () => {
    const withoutRemarks = (page: string) => shellOf(page).map((script) => script.replace(/ +#.*$/gm, ''));
    expect(withoutRemarks('docs/runbook.ko.md')).toEqual(withoutRemarks(RUNBOOK));
  });
});

describe('the drawing', () => {
  it.each(['README.md', 'README.ko.md', 'docs/architecture.md'])('is told in words in %s', (page) => {
    const [words = ''] = matches(textOf(page), /!\[([^\]]+)\]\([\w/]*images\/architecture\.svg\)/g);
    for (const part of ['writer', 'verifier', 'reader']) expect(words).toContain(part);
  });

  it('has a title, colours for the dark, and nothing from elsewhere', async () => {
    const svg = await readFile(join(ROOT, 'docs/images/architecture.svg'), 'utf8');
    expect(svg).toMatch(/<title id="title">.+<\/title>/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|@import/);
  });
});

describe('links', () => {
  it.each(PAGES)('of %s to a heading lead to one', async (page) => {
    const anchored = [...textOf(page).matchAll(/\]\(([^)#\s]+\.md)#([^)\s]+)\)/g)];
    for (const [, target = '', anchor] of anchored) {
      const text = await readFile(join(ROOT, dirname(page), target), 'utf8');
      const anchors = matches(text, /^#+ (.+)$/gm).map((heading) => runbookLink(heading).split('#')[1]);
      expect([target, anchors]).toEqual([target, expect.arrayContaining([anchor])]);
    }
  });

  it.each(PAGES)('of %s lead somewhere', async (page) => {
    const targets = matches(textOf(page), /\]\(([^)#\s]+)[^)]*\)/g).concat(
      matches(textOf(page), /(?:src|srcset)="([^"]+)"/g),
    );
    for (const target of targets.filter((each) => !each.startsWith('http')))
      await expect(access(join(ROOT, dirname(page), target)), target).resolves.toBeUndefined();
  });
});
