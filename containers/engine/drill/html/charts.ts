import type { DrillReport, Verdict } from '../../../../core/drill/report.ts';
import { type Formatter, formatter } from './format.ts';
import { escapeText, html, Markup } from './markup.ts';
import { phaseWords, STATE_WORDS } from './terms.ts';
import { type Language, TEXT } from './words.ts';

/** Okabe and Ito's colours, told apart by every kind of sight; each also has its own shape. */
const MARKS: Readonly<Record<Verdict, { colour: string; symbol: string }>> = {
  verified: { colour: '#0072b2', symbol: 'circle' },
  failed: { colour: '#b34700', symbol: 'triangle' },
  'could-not-verify': { colour: '#595959', symbol: 'emptyRect' },
};
const INK = '#222222';
/** The page's own style sheet names the fonts; ECharts writes quotes into its attributes as they are. */
const TEXT_STYLE = { color: INK, fontFamily: 'sans-serif', fontSize: 13 };

interface Width {
  readonly name: 'wide' | 'narrow';
  readonly pixels: number;
}
const WIDTHS: readonly Width[] = [
  { name: 'wide', pixels: 860 },
  { name: 'narrow', pixels: 304 },
];

/** ECharts takes a quarter of a second to load, which only a drill should pay. */
async function load() {
  const [core, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  core.use([
    charts.BarChart,
    charts.LineChart,
    charts.ScatterChart,
    components.GridComponent,
    components.LegendComponent,
    components.MarkLineComponent,
    renderers.SVGRenderer,
  ]);
  return core;
}

type Options = Parameters<ReturnType<Awaited<ReturnType<typeof load>>['init']>['setOption']>[0];

/** A chart once for a screen and once for a phone; the style sheet shows one of them. */
async function draw(
  id: string,
  label: string,
  height: number,
  options: (width: Width) => Options,
): Promise<Markup> {
  const core = await load();
  const drawings = WIDTHS.map((width) => {
    const chart = core.init(null, null, { renderer: 'svg', ssr: true, width: width.pixels, height });
    try {
      chart.setOption({ animation: false, textStyle: TEXT_STYLE, ...options(width) });
      const name = `${id}-${width.name}`;
      const svg = chart
        .renderToSVGString()
        // its own ids count on over all charts of the process
        .replace(/zr\d+-/g, `${name}-`)
        // rules for a pointer that hovers, which nothing here follows
        .replace(/<style[\s\S]*?<\/style>/g, '')
        .replace('<svg ', `<svg role="img" aria-label="${escapeText(label)}" `);
      return html`<div class="chart ${width.name}">${new Markup(svg)}</div>`;
    } finally {
      chart.dispose();
    }
  });
  return html`${drawings}`;
}

/** A bar for each phase, from where it began to where it ended. */
export function timelineChart(report: DrillReport, language: Language): Promise<Markup> {
  const format = formatter(language, 'narrow');
  const { phases } = report;
  const names = phases.map(({ name }) => plain(phaseWords(name)[language]));
  const end = Math.max(...phases.map(({ begins, seconds }) => begins + seconds));
  const said = phases.map(({ seconds }, i) => `${names[i]} ${format.seconds(seconds)}`);
  const label = `${TEXT.timeline[language]}: ${said.join(', ')}`;
  return draw(`timeline-${language}`, label, 60 + phases.length * 40, ({ name, pixels }) => ({
    grid: { left: name === 'wide' ? 170 : 104, right: name === 'wide' ? 110 : 84, top: 8, bottom: 32 },
    xAxis: {
      type: 'value',
      interval: stepOf(end, pixels > 500 ? 7 : 2),
      axisLabel: {
        ...TEXT_STYLE,
        formatter: (value: number) => (value === 0 ? '0' : format.seconds(value)),
        hideOverlap: true,
      },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: names,
      axisTick: { show: false },
      axisLabel: { ...TEXT_STYLE, interval: 0, width: name === 'wide' ? 140 : 78, overflow: 'break' },
    },
    series: [
      {
        type: 'bar',
        stack: 'time',
        silent: true,
        itemStyle: { color: 'none' },
        data: phases.map(({ begins }) => begins),
      },
      {
        type: 'bar',
        stack: 'time',
        silent: true,
        barWidth: 16,
        barMinHeight: 2,
        itemStyle: { color: '#0072b2' },
        label: {
          ...TEXT_STYLE,
          show: true,
          position: 'right',
          formatter: ({ dataIndex }: { dataIndex: number }) =>
            format.seconds(phases[dataIndex]?.seconds ?? 0),
        },
        data: phases.map(({ seconds }) => seconds),
      },
    ],
  }));
}

/** Seconds between the lines of an axis: a number that people count time in, and at most so many lines. */
function stepOf(end: number, lines: number): number {
  const steps = [1, 5, 15, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
  return steps.find((step) => end / step <= lines) ?? Math.ceil(end / lines / 86_400) * 86_400;
}

interface Point {
  readonly startedAt: string;
  readonly verdict: Verdict;
  readonly seconds: number | null;
}

/** Time to recover of this drill and of those before it; nothing where none was measured. */
export async function trendChart(report: DrillReport, language: Language): Promise<Markup | undefined> {
  const format = formatter(language, 'narrow');
  const points: Point[] = [
    ...report.trend.past.map((past) => ({ ...past, seconds: past.recoverySeconds })),
    { startedAt: report.startedAt, verdict: report.verdict, seconds: report.recoverySeconds },
  ];
  if (points.every(({ seconds }) => seconds === null)) return undefined;
  const label = `${TEXT.trend[language]}: ${points.map((point) => sayPoint(point, format, language)).join(', ')}`;
  return draw(`trend-${language}`, label, 290, ({ name }) => ({
    legend: {
      top: 0,
      left: 0,
      itemGap: 12,
      textStyle: TEXT_STYLE,
      selectedMode: false,
      data: legend(points, language),
    },
    grid: { left: name === 'wide' ? 90 : 76, right: 18, top: 64, bottom: 34 },
    xAxis: {
      type: 'category',
      data: points.map(({ startedAt }, i) =>
        i === points.length - 1 ? TEXT.current[language] : format.day(startedAt),
      ),
      axisLabel: {
        ...TEXT_STYLE,
        hideOverlap: true,
        interval: name === 'wide' ? 'auto' : Math.ceil(points.length / 4) - 1,
      },
    },
    yAxis: {
      type: 'value',
      min: 0,
      interval: stepOf(Math.max(...points.map(({ seconds }) => seconds ?? 0)), 5),
      axisLabel: { ...TEXT_STYLE, formatter: (value: number) => (value === 0 ? '0' : format.seconds(value)) },
    },
    series: trendSeries(report, points, language),
  }));
}

function trendSeries({ trend }: DrillReport, points: readonly Point[], language: Language) {
  const line = {
    type: 'line' as const,
    silent: true,
    symbol: 'none',
    connectNulls: true,
    lineStyle: { color: '#8a8a8a', width: 1 },
    data: points.map(({ seconds }) => seconds),
    ...(trend.medianSeconds !== null && {
      markLine: {
        silent: true,
        symbol: 'none',
        lineStyle: { color: INK, type: 'dashed' as const, width: 1 },
        label: { ...TEXT_STYLE, position: 'insideStartTop' as const, formatter: TEXT.median[language] },
        data: [{ yAxis: trend.medianSeconds }],
      },
    }),
  };
  const marks = verdictsOf(points).map((verdict) => ({
    type: 'scatter' as const,
    name: STATE_WORDS[verdict][language],
    silent: true,
    symbol: MARKS[verdict].symbol,
    itemStyle: { color: MARKS[verdict].colour, opacity: 1 },
    data: points.map((point, i) => ({
      value: point.verdict === verdict && point.seconds !== null ? point.seconds : '-',
      symbolSize: i === points.length - 1 ? 16 : 11,
    })),
  }));
  return [line, ...marks];
}

const verdictsOf = (points: readonly Point[]) => [...new Set(points.map(({ verdict }) => verdict))];

function legend(points: readonly Point[], language: Language) {
  return verdictsOf(points).map((verdict) => ({
    name: STATE_WORDS[verdict][language],
    icon: MARKS[verdict].symbol,
  }));
}

function sayPoint({ startedAt, verdict, seconds }: Point, format: Formatter, language: Language): string {
  const time = seconds === null ? TEXT.unknown[language] : format.seconds(seconds);
  return `${format.day(startedAt)} ${time} (${STATE_WORDS[verdict][language]})`;
}

/** A name short enough for an axis, and without what XML forbids. */
const plain = (name: string) => name.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '').slice(0, 60);
