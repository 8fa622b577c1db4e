import type { DrillReport } from '../../../../core/drill/report.ts';
import { html, Markup } from './markup.ts';
import { article } from './sections.ts';
import { STYLE } from './style.ts';
import { LANGUAGES, type Language, TEXT, VERDICT_WORDS } from './words.ts';

const OWN_NAME: Readonly<Record<Language, string>> = { ko: '한국어', en: 'English' };
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * `report.html`: the report for people, in one file that needs neither network nor scripts. It holds both languages;
 * without a style sheet both are read one after the other.
 * @param options.language the one that is shown first
 */
export async function renderReport(report: DrillReport, options: { language: Language }): Promise<string> {
  const { language } = options;
  const order = [language, ...LANGUAGES.filter((other) => other !== language)];
  const articles: Markup[] = [];
  for (const each of order) articles.push(await article(report, each));
  const title = `${VERDICT_WORDS[report.verdict].title[language]} · ${TEXT.product[language]}`;
  const page = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<nav aria-label="언어 Language"><fieldset><legend>언어 <span lang="en">Language</span></legend>${order.map((each) => choice(each, language))}</fieldset></nav>
<main>
${articles}
</main>
</body>
</html>
`;
  return page.text;
}

function choice(each: Language, shown: Language): Markup {
  const checked = new Markup(each === shown ? ' checked' : '');
  return html`<label class="switch" lang="${each}"><input type="radio" name="language" id="show-${each}"${checked}> ${OWN_NAME[each]}</label>`;
}
