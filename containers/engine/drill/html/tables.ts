import type { Check, DrillReport, TableFinding, TableLoss } from '../../../../core/drill/report.ts';
import { formatter } from './format.ts';
import { html, type Markup, NOTHING } from './markup.ts';
import { CHECK_WORDS, CHECKSUM_WORDS, figureWords, LEVEL_WORDS, STATE_MARK, STATE_WORDS } from './terms.ts';
import { type Language, SAY, TEXT } from './words.ts';

/** Rows of a table that the page holds in each language; with names of 63 characters that is half a megabyte. */
export const ROWS_SHOWN = 1000;
/** A name in PostgreSQL has 63 bytes; a longer text is none and would only blow up the page. */
const NAME_SHOWN = 300;
const ORDER: Readonly<Record<TableFinding['state'], number>> = {
  failed: 0,
  'could-not-verify': 1,
  verified: 2,
};

export function stateMark(state: Check['state'], language: Language): Markup {
  return html`<span class="state ${state}"><span class="mark" aria-hidden="true">${STATE_MARK[state]}</span> ${STATE_WORDS[state][language]}</span>`;
}

/** A table that a phone shows as cards, with the column's name before every value. */
export function grid(
  label: string,
  columns: readonly string[],
  rows: readonly (readonly Markup[])[],
): Markup {
  const head = columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`);
  const body = rows.map((cells) => {
    const texts = cells.map((cell, i) =>
      i === 0
        ? html`<th scope="row" role="rowheader">${cell}</th>`
        : html`<td role="cell" data-label="${columns[i] ?? ''}">${cell}</td>`,
    );
    return html`<tr role="row">${texts}</tr>\n`;
  });
  return html`<table role="table" aria-label="${label}"><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${body}</tbody></table>`;
}

export function checkTable({ checks }: DrillReport, language: Language): Markup {
  const columns = [TEXT.check, TEXT.state, TEXT.figures, TEXT.findings].map((text) => text[language]);
  const rows = checks.map((check) => [
    html`${CHECK_WORDS[check.id][language]}`,
    stateMark(check.state, language),
    figures(check, language),
    findings(check, language),
  ]);
  return grid(TEXT.checks[language], columns, rows);
}

function figures(check: Check, language: Language): Markup {
  if (check.figures.length === 0) return html`–`;
  const format = formatter(language);
  const items = check.figures.map(
    ({ name, value, unit }) =>
      html`<li>${figureWords(name)[language]} <b>${format.measure(value, unit)}</b></li>`,
  );
  return html`<ul>${items}</ul>`;
}

function findings(check: Check, language: Language): Markup {
  if (check.findings.length === 0) return html`–`;
  const items = check.findings.map((finding) => html`<li lang="en"><bdi>${finding}</bdi></li>`);
  return html`<ul>${items}</ul>${leftOut(check.findingsLeftOut, language)}`;
}

function leftOut(count: number, language: Language): Markup {
  if (count <= 0) return NOTHING;
  return html`<p class="note">${SAY.leftOut[language](formatter(language).number(count))}</p>`;
}

function nameOf({ schema, name }: { schema: string; name: string }): Markup {
  const full = `${schema}.${name}`;
  return html`<bdi class="name">${full.length > NAME_SHOWN ? `${full.slice(0, NAME_SHOWN)}…` : full}</bdi>`;
}

/** What failed first, then what is unknown, then the rest in the report's order. */
export function tableTable(report: DrillReport, language: Language): Markup {
  const format = formatter(language);
  const sorted = report.tables.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
  const columns = [TEXT.table, TEXT.level, TEXT.expected, TEXT.found, TEXT.checksum, TEXT.state];
  const rows = sorted
    .slice(0, ROWS_SHOWN)
    .map((table) => [
      nameOf(table),
      html`${LEVEL_WORDS[table.level][language]}`,
      html`${format.rows(table.expectedRows)}`,
      html`${table.foundRows === null ? TEXT.unknown[language] : format.rows(table.foundRows)}`,
      html`${CHECKSUM_WORDS[table.checksum][language]}`,
      stateMark(table.state, language),
    ]);
  const list = grid(
    TEXT.tables[language],
    columns.map((text) => text[language]),
    rows,
  );
  const bad = sorted.some(({ state }) => state !== 'verified');
  const summary = html`<summary>${TEXT.showTables[language]} (${format.number(sorted.length)})</summary>`;
  const inside = html`${summary}${list}${leftOut(sorted.length - ROWS_SHOWN, language)}`;
  return bad ? html`<details open>${inside}</details>` : html`<details>${inside}</details>`;
}

/** Tables that would lose something or of which it is unknown come first. */
export function lossTable({ dataLoss }: DrillReport, language: Language): Markup {
  const format = formatter(language);
  const unknown = html`${TEXT.unknown[language]}`;
  const rank = ({ rows, minutes }: TableLoss) =>
    rows === null || minutes === null ? 0 : rows === '0' ? 2 : 1;
  const sorted = dataLoss.tables.toSorted((a, b) => rank(a) - rank(b));
  const columns = [TEXT.table, TEXT.level, TEXT.lossRows, TEXT.lossGone, TEXT.lossMinutes, TEXT.reason];
  const rows = sorted
    .slice(0, ROWS_SHOWN)
    .map((table) => [
      nameOf(table),
      html`${LEVEL_WORDS[table.level][language]}`,
      table.rows === null ? unknown : html`${format.rows(table.rows)}`,
      table.gone === null ? unknown : html`${format.rows(table.gone)}`,
      table.minutes === null ? unknown : html`${table.minutes === 0 ? '0' : format.minutes(table.minutes)}`,
      table.reason === undefined ? html`–` : html`<bdi lang="en">${table.reason}</bdi>`,
    ]);
  const names = columns.map((text) => text[language]);
  const summary = html`<summary>${TEXT.showTables[language]} (${format.number(sorted.length)})</summary>`;
  return html`<details>${summary}${grid(TEXT.loss[language], names, rows)}${leftOut(sorted.length - ROWS_SHOWN, language)}</details>`;
}
