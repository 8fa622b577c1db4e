import type { DrillReport, LevelObjectives, Objective } from '../../../../core/drill/report.ts';
import { timelineChart, trendChart } from './charts.ts';
import { type Formatter, formatter } from './format.ts';
import { html, type Markup, NOTHING } from './markup.ts';
import { checkTable, lossTable, tableTable } from './tables.ts';
import { LEVEL_WORDS, OBJECTIVE_WORDS, TARGET_WORDS } from './terms.ts';
import { type Language, NO_MEDIAN, SAY, TEXT, VERDICT_WORDS } from './words.ts';

/** Names that a page lists of what was not proved or not run. */
const NAMES_SHOWN = 300;

/** The whole report in one language. */
export async function article(report: DrillReport, language: Language): Promise<Markup> {
  const { title, means } = VERDICT_WORDS[report.verdict];
  const section = (name: keyof typeof TEXT, content: Markup) =>
    html`<section><h2>${TEXT[name][language]}</h2>${content}</section>\n`;
  return html`<article lang="${language}" class="${language}">
<p class="product">${TEXT.product[language]}</p>
<div class="verdict ${report.verdict}"><h1>${title[language]}</h1><p>${means[language]}</p></div>
${section('set', facts(report, language))}
${section('timeline', report.phases.length === 0 ? none(language) : await timelineChart(report, language))}
${section('objectives', objectives(report, language))}
${section('checks', html`<p class="note">${TEXT.findingsNote[language]}</p>${checkTable(report, language)}`)}
${section('tables', report.tables.length === 0 ? none(language) : tableTable(report, language))}
${section('loss', loss(report, language))}
${section('trend', await trend(report, language))}
${section('notVerified', names(report.notVerified, language))}
${section('notRun', names(report.notRun, language))}
${section('signature', signature(language))}
</article>`;
}

const none = (language: Language) => html`<p>${TEXT.none[language]}</p>`;

function time(instant: string, format: Formatter): Markup {
  return html`<time datetime="${instant}">${format.seoul(instant)} <span class="utc">(${format.utc(instant)})</span></time>`;
}

function facts(report: DrillReport, language: Language): Markup {
  const format = formatter(language);
  const { set, target } = report;
  const row = (name: keyof typeof TEXT, content: Markup) =>
    html`<dt>${TEXT[name][language]}</dt><dd>${content}</dd>`;
  const unknown = TEXT.unknown[language];
  const about =
    set === null
      ? NOTHING
      : html`${row('setId', html`<code>${set.id}</code>`)}${row('snapshot', time(set.snapshotAt, format))}
${row('manifest', html`<code>${set.manifestSha256}</code>`)}
${row('recipients', html`${set.recipients.map((key) => html`<code class="key">${key}</code>`)}`)}
${row('contents', html`${format.measure(set.tables, 'tables')}, ${format.rows(set.rows)} ${language === 'ko' ? '행' : 'rows'}, ${format.measure(set.objects, 'objects')}; ${format.bytes(set.plainBytes)} (${TEXT.plain[language]}), ${format.bytes(set.storedBytes)} (${TEXT.stored[language]})`)}
${row('sourceVersion', html`PostgreSQL ${set.serverVersion}`)}`;
  return html`${set === null ? html`<p><strong>${TEXT.noSet[language]}</strong></p>` : NOTHING}<dl>
${row('recovery', html`<b>${report.recoverySeconds === null ? unknown : format.seconds(report.recoverySeconds)}</b>`)}
${about}
${row('target', html`${TARGET_WORDS[target.kind][language]}, <bdi>${target.name}</bdi>`)}
${row('targetVersion', html`${target.serverVersion === null ? unknown : `PostgreSQL ${target.serverVersion}`}`)}
${row('drill', html`<code>${report.id}</code>`)}${row('started', time(report.startedAt, format))}
${row('finished', time(report.finishedAt, format))}${row('version', html`${report.productVersion}`)}</dl>`;
}

function objectives({ levels }: DrillReport, language: Language): Markup {
  if (levels.length === 0) return none(language);
  return html`<dl>${levels.map((level) => levelBars(level, language))}</dl>`;
}

function levelBars({ level, rto, rpo, newestSet }: LevelObjectives, language: Language): Markup {
  const set = newestSet === null ? TEXT.unknown[language] : newestSet;
  return html`<dt>${LEVEL_WORDS[level][language]}</dt><dd>${bar('RTO', rto, language)}${bar('RPO', rpo, language)}
<p class="note">${TEXT.newestSet[language]}: <code>${set}</code></p></dd>`;
}

/** The bar is what was measured, the stroke across it the target. */
function bar(name: string, { targetMinutes, measuredMinutes, state }: Objective, language: Language): Markup {
  const format = formatter(language);
  const whole = Math.max(targetMinutes, measuredMinutes ?? 0) * 1.05;
  const percent = (minutes: number) => ((minutes / whole) * 100).toFixed(2);
  const measured = measuredMinutes === null ? TEXT.unknown[language] : format.minutes(measuredMinutes);
  const filled =
    measuredMinutes === null
      ? NOTHING
      : html`<span class="${state}" style="width:${percent(measuredMinutes)}%"></span>`;
  return html`<div>${name}: ${TEXT.measured[language]} <b>${measured}</b>, ${TEXT.goal[language]} ${format.minutes(targetMinutes)} · ${OBJECTIVE_WORDS[state][language]}</div>
<div class="bar" aria-hidden="true">${filled}<i style="left:${percent(targetMinutes)}%"></i></div>`;
}

function loss(report: DrillReport, language: Language): Markup {
  const { lookedAt, reason, tables } = report.dataLoss;
  const format = formatter(language);
  const why = reason === undefined ? NOTHING : html`<p><bdi lang="en">${reason}</bdi></p>`;
  const when =
    lookedAt === null
      ? html`<p><strong>${TEXT.notLookedAt[language]}</strong></p>`
      : html`<p>${TEXT.lookedAt[language]}: ${time(lookedAt, format)}</p>`;
  return html`${when}${why}${tables.length === 0 ? NOTHING : lossTable(report, language)}`;
}

async function trend(report: DrillReport, language: Language): Promise<Markup> {
  const { ratio, regression } = report.trend;
  const chart = (await trendChart(report, language)) ?? NOTHING;
  if (ratio === null) return html`<p>${NO_MEDIAN[language]}</p>${chart}`;
  const times = formatter(language).number(ratio);
  const sentence = regression ? SAY.regression[language](times) : SAY.steady[language](times);
  return html`<p>${regression ? html`<strong>${sentence}</strong>` : sentence}</p>${chart}`;
}

function names(all: readonly string[], language: Language): Markup {
  if (all.length === 0) return none(language);
  const items = all.slice(0, NAMES_SHOWN).map((name) => html`<li lang="en"><bdi>${name}</bdi></li>`);
  const left = all.length - NAMES_SHOWN;
  const more =
    left > 0 ? html`<p class="note">${SAY.leftOut[language](formatter(language).number(left))}</p>` : NOTHING;
  return html`<ul>${items}</ul>${more}`;
}

function signature(language: Language): Markup {
  return html`<p>${TEXT.howTo[language]}</p><pre><code>gpg --import &lt;team public key&gt;
gpg --verify report.json.asc report.json
gpg --verify report.html.asc report.html</code></pre><p>${TEXT.proves[language]}</p>`;
}
