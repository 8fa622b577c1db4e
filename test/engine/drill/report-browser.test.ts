import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../../containers/engine/drill/html/render.ts';
import { toolchain } from '../../../local/toolchain.ts';
import { emptyDrill, failedDrill, unsureDrill, verifiedDrill } from '../../support/drill-reports.ts';

const SHOTS = join(import.meta.dirname, '..', '..', '..', '.local', 'drill-report');
const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } } as const;
const REPORTS = { verified: verifiedDrill, failed: failedDrill, unsure: unsureDrill, empty: emptyDrill };
const LANGUAGES = ['ko', 'en'] as const;
const SCHEMES = ['light', 'dark'] as const;

let profile: string;
let browser: Browser;
let axe: string;

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'vpb-browser-'));
  await mkdir(SHOTS, { recursive: true });
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const { chromium } = toolchain();
  if (chromium === null) {
    throw new Error(
      'Chromium could not be installed here, so the report of a drill cannot be looked at. ' +
        'Install chromium and fonts-nanum, remove .local/toolchain.json and run "npm run setup".',
    );
  }
  browser = await puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    // root has no user namespace to shut the pages in, and these pages are our own
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

/** What is wrong with how a page is laid out, a sentence each. Runs in the page, which knows no types of ours. */
const LAYOUT = `(() => {
  const wrong = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) wrong.push('the page is ' + root.scrollWidth + ' px wide');
  for (const element of document.querySelectorAll('article *')) {
    if (element.closest('svg') || !element.checkVisibility()) continue;
    const box = element.getBoundingClientRect();
    if (box.width > 1 && box.right > innerWidth + 1) wrong.push(element.tagName + ' sticks out: ' + element.textContent.slice(0, 60));
  }
  let charts = 0;
  for (const svg of document.querySelectorAll('svg')) {
    if (!svg.checkVisibility()) continue;
    charts += 1;
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      const out = box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
      if (out) wrong.push('clipped in a chart: ' + text.textContent);
    }
  }
  const shown = [...document.querySelectorAll('article')].filter((each) => each.checkVisibility()).map((each) => each.lang);
  return { wrong, charts, shown };
})()`;
const AXE = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.slice(0, 3).map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`;

interface Layout {
  readonly wrong: string[];
  readonly charts: number;
  readonly shown: string[];
}

/** Opens a report and calls the looker, which finds it open in a page that notes what it says and asks for. */
async function open(
  name: keyof typeof REPORTS,
  language: 'ko' | 'en',
  look: (page: Page, said: string[]) => Promise<void>,
) {
  const file = join(profile, `${name}-${language}.html`);
  await writeFile(file, await renderReport(REPORTS[name](), { language }));
  const page = await browser.newPage();
  const said: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('request', (request) => {
    if (request.url() !== own) said.push(`asked for ${request.url()}`);
  });
  try {
    await page.goto(own);
    await look(page, said);
  } finally {
    await page.close();
  }
}

describe('the page of a drill in a browser', () => {
  it.each(Object.keys(REPORTS) as (keyof typeof REPORTS)[])(
    'is whole and legible on a phone and on a desk, light and dark: %s',
    async (name) => {
      for (const language of LANGUAGES) {
        await open(name, language, async (page, said) => {
          for (const [size, viewport] of Object.entries(SIZES)) {
            for (const scheme of SCHEMES) {
              await page.setViewport(viewport);
              await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
              const shot = `${name}-${size}-${scheme}-${language}`;
              await page.screenshot({ path: join(SHOTS, `${shot}.png`), fullPage: true });
              await page.evaluate(
                "document.querySelectorAll('details').forEach((each) => { each.open = true; })",
              );
              const layout = (await page.evaluate(LAYOUT)) as Layout;
              expect(layout, shot).toEqual({
                wrong: [],
                charts: name === 'empty' ? 0 : 2,
                shown: [language],
              });
              expect(said, shot).toEqual([]);
            }
          }
        });
      }
    },
  );

  it.each(SCHEMES)('has nothing for axe to complain of, in %s', async (scheme) => {
    await open('failed', 'ko', async (page) => {
      await page.setViewport(SIZES.phone);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
      await page.evaluate(axe);
      expect(await page.evaluate(AXE)).toEqual([]);
    });
  });

  it('changes its language by the keyboard, and shows both where there is no style', async () => {
    await open('verified', 'ko', async (page) => {
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowRight');
      expect(((await page.evaluate(LAYOUT)) as Layout).shown).toEqual(['en']);
      await page.evaluate("document.querySelector('head style').remove()");
      expect(((await page.evaluate(LAYOUT)) as Layout).shown).toEqual(['ko', 'en']);
    });
  });
});
