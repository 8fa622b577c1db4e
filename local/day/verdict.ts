import { runbookLink } from '../../core/runbook.ts';
import type { Entry } from './journal.ts';
import { EVERYDAY, type Fault } from './scenario.ts';

/** A fault with the times of its day. */
export interface Injected {
  readonly fault: Fault;
  readonly from: number;
  readonly until: number;
  readonly over: number;
  /** By heading, when the alarms that last are off. */
  readonly lasting: ReadonlyMap<string, number>;
}

/** What came of a fault. */
export interface Consequence {
  readonly injected: Injected;
  /** Headings of the alarms that went, each once, in the order they went. */
  readonly alarms: readonly string[];
  /** Minutes after it began when the first message, in Slack or by mail, told of it. */
  readonly toldAfterMinutes: number | undefined;
  /** Minutes after it was put right when its last alarm went off; nothing where there was none. */
  readonly overAfterMinutes: number | undefined;
  readonly messages: { readonly slack: number; readonly mail: number };
}

export interface Verdict {
  readonly consequences: readonly Consequence[];
  /** What should have come and did not, or came and should not have; each a sentence. */
  readonly problems: readonly string[];
}

const MINUTE = 60_000;

/** Something that was said or went, with the heading of the alarm it is about, if it is about one. */
interface Sign extends Entry {
  readonly heading: string | undefined;
}

/**
 * Holds what happened against the scenario: everything a fault must bring has come, and nothing else has.
 * @param headings of all alarms
 */
export function judge(
  injected: readonly Injected[],
  entries: readonly Entry[],
  headings: readonly string[],
): Verdict {
  const signs = entries
    .filter(({ kind }) => ['alarm', 'recovered', 'slack', 'mail'].includes(kind))
    .map((entry): Sign => ({ ...entry, heading: headingOf(entry, headings) }));
  const taken = new Set<Sign>();
  const consequences = injected.map((each) => {
    const own = signs.filter((sign) => belongs(each, sign));
    for (const sign of own) taken.add(sign);
    return { each, own };
  });
  const unexpected = signs.filter(
    (sign) =>
      !taken.has(sign) && (sign.heading !== undefined || !EVERYDAY.some((said) => said.test(sign.text))),
  );
  return {
    consequences: consequences.map(({ each, own }) => consequence(each, own)),
    problems: [
      ...consequences.flatMap(({ each, own }) => missing(each, own)),
      ...unexpected.map(({ kind, text }) => `nobody expected: ${kind}: ${text}`),
    ],
  };
}

/** The alarm a sign is about. What is said in Slack may name it in words, and by its place in the runbook. */
function headingOf({ kind, text, whole = text }: Entry, headings: readonly string[]): string | undefined {
  const named = headings.find((heading) => names(text, heading));
  if (named !== undefined || kind !== 'slack') return named;
  return headings.find((heading) => names(whole, heading) || names(whole, runbookLink(heading)));
}

/** A heading is named as a whole: `Drill/Failing` is not named by `Drill/FailingToo`. */
function names(text: string, heading: string): boolean {
  const at = text.indexOf(heading);
  return at >= 0 && !/\w/.test(text[at + heading.length] ?? '');
}

function belongs({ fault, from, over, lasting }: Injected, { at, text, heading }: Sign): boolean {
  if (at < from) return false;
  const until = heading === undefined ? undefined : lasting.get(heading);
  if (until !== undefined) return at <= until;
  if (at > over) return false;
  if (heading !== undefined) return [...fault.alarms, ...(fault.mayAlarm ?? [])].includes(heading);
  return [...fault.slack, ...fault.mail, ...(fault.maySay ?? [])].some((said) => said.test(text));
}

function consequence(injected: Injected, own: readonly Sign[]): Consequence {
  const { from, until } = injected;
  const of = (...kinds: Sign['kind'][]) => own.filter(({ kind }) => kinds.includes(kind));
  const first = of('slack', 'mail')[0];
  const last = of('recovered').at(-1);
  return {
    injected,
    alarms: [...new Set(of('alarm').flatMap(({ heading }) => heading ?? []))],
    toldAfterMinutes: first === undefined ? undefined : Math.round((first.at - from) / MINUTE),
    overAfterMinutes: last === undefined ? undefined : Math.round((last.at - until) / MINUTE),
    messages: { slack: of('slack').length, mail: of('mail').length },
  };
}

function missing({ fault, lasting }: Injected, own: readonly Sign[]): string[] {
  const has = (kind: Sign['kind'], test: (sign: Sign) => boolean) =>
    own.some((sign) => sign.kind === kind && test(sign));
  const problem = (what: string) => `${fault.name}: ${what}`;
  const went = [...new Set(own.flatMap(({ kind, heading }) => (kind === 'alarm' ? (heading ?? []) : [])))];
  return [
    ...[...fault.alarms, ...lasting.keys()].flatMap((heading) => {
      if (!went.includes(heading)) return [problem(`the alarm ${heading} did not go`)];
      if (!has('mail', (sign) => sign.heading === heading))
        return [problem(`no mail came of the alarm ${heading}`)];
      return [];
    }),
    ...went.flatMap((heading) => {
      if (lasting.has(heading)) return [];
      const last = own.filter((sign) => sign.heading === heading && /alarm|recovered/.test(sign.kind)).at(-1);
      return last?.kind === 'alarm' ? [problem(`the alarm ${heading} was still on at ${fault.over}`)] : [];
    }),
    ...fault.slack.flatMap((said) =>
      has('slack', ({ text }) => said.test(text)) ? [] : [problem(`nothing in Slack says ${said}`)],
    ),
    ...fault.mail.flatMap((said) =>
      has('mail', ({ text }) => said.test(text)) ? [] : [problem(`no mail says ${said}`)],
    ),
  ];
}
