import type { Unit } from '../../../../core/drill/report.ts';
import { UNIT_WORDS } from './terms.ts';
import type { Language } from './words.ts';

const LOCALE: Readonly<Record<Language, string>> = { ko: 'ko-KR', en: 'en-GB' };
const BYTES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/**
 * Numbers, sizes and times as a reader of a language writes them.
 * @param unitDisplay `narrow` for the axes of charts, which have little room
 */
export function formatter(language: Language, unitDisplay: 'short' | 'narrow' = 'short') {
  const locale = LOCALE[language];
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay,
      maximumFractionDigits: digits,
    }).format(value);
  const clock = new Intl.DateTimeFormat(locale, {
    timeZone: 'Asia/Seoul',
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const shortDay = new Intl.DateTimeFormat(locale, {
    timeZone: 'Asia/Seoul',
    month: 'numeric',
    day: 'numeric',
  });

  const seconds = (value: number): string => {
    if (value < 1) return unit(value * 1000, 'millisecond');
    if (value < 60) return unit(value, 'second', 1);
    const whole = Math.round(value);
    const parts = [
      [Math.floor(whole / 86_400), 'day'],
      [Math.floor(whole / 3600) % 24, 'hour'],
      [Math.floor(whole / 60) % 60, 'minute'],
      [whole % 60, 'second'],
    ] as const;
    const first = parts.findIndex(([count]) => count > 0);
    // two parts say enough: nobody needs the seconds of a day
    return parts
      .slice(first, first + 2)
      .filter(([count]) => count > 0)
      .map(([count, name]) => unit(count, name))
      .join(' ');
  };
  const bytes = (value: number): string => {
    const power = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log10(value) / 3));
    return unit(value / 1000 ** power, BYTES[power] ?? 'byte', 1);
  };

  return {
    number: (value: number) => plain.format(value),
    /** Of digits, of which a bigint may have more than a number holds. */
    rows: (digits: string) => plain.format(BigInt(digits)),
    seconds,
    minutes: (value: number) => seconds(value * 60),
    bytes,
    /** Seoul's date and time; the caller puts UTC beside it. */
    seoul: (instant: string) => `${clock.format(new Date(instant))} KST`,
    utc: (instant: string) => `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    day: (instant: string) => shortDay.format(new Date(instant)),
    measure(value: number, of: Unit): string {
      if (of === 'seconds') return seconds(value);
      if (of === 'minutes') return seconds(value * 60);
      if (of === 'bytes') return bytes(value);
      if (of === 'milliseconds') return unit(value, 'millisecond', 1);
      return `${plain.format(value)}${language === 'ko' && of !== 'transactions-per-second' ? '' : ' '}${UNIT_WORDS[of][language]}`;
    },
  };
}

export type Formatter = ReturnType<typeof formatter>;
