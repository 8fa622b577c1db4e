import { CHECK_IDS, type Check, type CheckId, type DrillReport } from '../../core/drill/report.ts';
import { trendOf } from '../../core/drill/trend.ts';
import { checked, figure, notRun, notRunOf, unprovedOf, verdictOf } from '../../core/drill/verdict.ts';
import type { Level } from '../../core/kinds.ts';

const TABLES: readonly (readonly [string, Level, number])[] = [
  ['users', 'critical', 48_211],
  ['profiles', 'critical', 48_209],
  ['payments', 'critical', 91_877],
  ['subscriptions', 'critical', 12_940],
  ['invoices', 'critical', 90_114],
  ['refunds', 'critical', 1_208],
  ['videos', 'important', 310_552],
  ['video_files', 'important', 1_242_208],
  ['channels', 'important', 22_018],
  ['playlists', 'important', 87_340],
  ['playlist_items', 'important', 1_904_221],
  ['comments', 'important', 4_118_007],
  ['captions', 'important', 402_117],
  ['likes', 'normal', 18_402_775],
  ['watch_history', 'normal', 61_220_418],
  ['notifications', 'normal', 9_004_112],
  ['search_log', 'normal', 22_118_940],
  ['tags', 'normal', 14_220],
  ['video_tags', 'normal', 980_417],
  ['feature_flags', 'normal', 0],
];
const FIGURES: Readonly<Partial<Record<CheckId, Check['figures']>>> = {
  objects: [figure('objects', 214, 'objects'), figure('bytes', 18_402_118_004, 'bytes')],
  tables: [figure('tables', 20, 'tables'), figure('rows', 120_120_084, 'rows')],
  integrity: [figure('rules', 31, 'rules')],
  api: [
    figure('requests', 100, 'requests'),
    figure('p50', 41.2, 'milliseconds'),
    figure('p95', 118.4, 'milliseconds'),
    figure('p99', 240.9, 'milliseconds'),
  ],
  files: [figure('files', 50, 'files'), figure('bytes', 1_288_490_188, 'bytes')],
  pgbench: [figure('throughput', 812.4, 'transactions-per-second'), figure('latency', 12.3, 'milliseconds')],
};
const PAST = [
  ['2026-03-27', 1502, 'verified'],
  ['2026-04-27', 1544, 'verified'],
  ['2026-05-27', 1611, 'failed'],
  ['2026-06-27', 1580, 'verified'],
  ['2026-07-27', null, 'could-not-verify'],
  ['2026-08-27', 1702, 'verified'],
  ['2026-09-27', 1650, 'could-not-verify'],
  ['2026-10-27', 1731, 'verified'],
] as const;
const PHASES = [
  ['choose', 0, 4],
  ['make', 4, 38],
  ['restore', 42, 1490],
  ['check', 1532, 260],
  ['measure', 1792, 95],
  ['clean-up', 1887, 12],
] as const;

/** A drill of a project of twenty tables in which nothing was wrong. */
export function verifiedDrill(): DrillReport {
  return build([]);
}

/** A table has lost rows, the restore was much slower than before, and one level missed its target. */
export function failedDrill(): DrillReport {
  const finding = 'public.payments: 91,877 rows expected, 91,870 found. Restore the set again and compare.';
  const report = build(
    [
      checked('tables', 'failed', [finding], [figure('tables', 20, 'tables')]),
      checked('rpo', 'failed', [
        'critical: 22 minutes, 15 were the target. Look at the schedule of critical sets.',
      ]),
    ],
    2590,
  );
  const tables = report.tables.map((table) =>
    table.name === 'payments'
      ? { ...table, foundRows: '91870', checksum: 'differs' as const, state: 'failed' as const }
      : table,
  );
  const levels = report.levels.map((level) =>
    level.level === 'critical'
      ? { ...level, rpo: { targetMinutes: 15, measuredMinutes: 22, state: 'missed' as const } }
      : level,
  );
  return { ...report, tables, levels };
}

/** The source was out of reach, and so was one of the tables. */
export function unsureDrill(): DrillReport {
  const reason = 'The source could not be reached: connection refused. Start the drill again when it is.';
  const report = build([
    checked('tables', 'could-not-verify', [
      'public.watch_history: permission denied for table watch_history',
    ]),
    checked('api', 'could-not-verify', ['The API gave no answer within 30 s.']),
  ]);
  return {
    ...report,
    tables: report.tables.map((table) =>
      table.name === 'watch_history'
        ? { ...table, foundRows: null, checksum: 'not-compared', state: 'could-not-verify' }
        : table,
    ),
    dataLoss: {
      lookedAt: null,
      reason,
      tables: report.tables.map(({ schema, name, level }) => ({
        schema,
        name,
        level,
        rows: null,
        gone: null,
        minutes: null,
        reason,
      })),
    },
  };
}

/** No set was there to restore. */
export function emptyDrill(): DrillReport {
  const checks = [
    checked('set', 'could-not-verify', ['No verified set is in the bucket. Run a backup first.']),
  ];
  return {
    ...build([]),
    verdict: 'could-not-verify',
    set: null,
    phases: [],
    recoverySeconds: null,
    checks,
    tables: [],
    levels: [],
    target: { kind: 'task', name: 'drill', serverVersion: null },
    dataLoss: { lookedAt: null, reason: 'No set was restored.', tables: [] },
    trend: trendOf([], 'task', null),
    notVerified: unprovedOf(checks),
    notRun: [],
  };
}

function build(odd: readonly Check[], recoverySeconds = 1792): DrillReport {
  const withoutMeans: readonly CheckId[] = ['http-probes', 'sign-in', 'file-transfer'];
  const checks = CHECK_IDS.map((id) => {
    const found = odd.find((check) => check.id === id);
    if (found !== undefined) return found;
    if (withoutMeans.includes(id)) return notRun(id, 'PostgreSQL in a task has no API.');
    return checked(id, 'verified', [], FIGURES[id]);
  });
  const past = PAST.map(([day, seconds, verdict], i) => ({
    id: `drill-${day.replaceAll('-', '')}T020000Z-00000${i}`,
    startedAt: `${day}T02:00:00Z`,
    verdict,
    target: 'task',
    recoverySeconds: seconds,
    plainBytes: 80_000_000_000,
  }));
  const targets = { critical: [60, 15, 11], important: [240, 60, 41], normal: [1440, 1440, 534.5] } as const;
  return {
    format: 'videoplanet-drill',
    formatVersion: 1,
    id: 'drill-20261127T020000Z-9f3a61',
    productVersion: '0.1.0',
    startedAt: '2026-11-27T02:00:00Z',
    finishedAt: new Date(
      Date.parse('2026-11-27T02:00:00Z') + (recoverySeconds / 1792) * 1_899_000,
    ).toISOString(),
    verdict: verdictOf(checks),
    target: { kind: 'task', name: 'videoplanet_drill', serverVersion: '17.6' },
    set: {
      id: 'daily-20261126T170000Z',
      snapshotAt: '2026-11-26T17:05:30Z',
      serverVersion: '15.8',
      tables: TABLES.length,
      rows: '120120084',
      plainBytes: 81_204_118_004,
      storedBytes: 18_402_118_004,
      objects: 214,
      manifestSha256: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
      recipients: ['8F3C21D07E5A4B6699D0112C5E8A7744B1C0FE32', '1A2B3C4D5E6F708192A3B4C5D6E7F8091A2B3C4D'],
    },
    // the phases before the proof take as much of a slower drill as of a fast one
    phases: PHASES.map(([name, begins, seconds]) => ({
      name,
      begins: (begins * recoverySeconds) / 1792,
      seconds: (seconds * recoverySeconds) / 1792,
    })),
    recoverySeconds,
    checks,
    tables: TABLES.map(([name, level, rows]) => ({
      schema: 'public',
      name,
      level,
      expectedRows: String(rows),
      foundRows: String(rows),
      checksum: 'equal',
      state: 'verified',
    })),
    levels: (['critical', 'important', 'normal'] as const).map((level) => {
      const [rto, rpo, age] = targets[level];
      return {
        level,
        rto: { targetMinutes: rto, measuredMinutes: Math.round(recoverySeconds / 0.6) / 100, state: 'met' },
        rpo: { targetMinutes: rpo, measuredMinutes: age, state: 'met' },
        newestSet: `${level === 'normal' ? 'daily' : level}-20261127T014900Z`,
      };
    }),
    dataLoss: {
      lookedAt: '2026-11-27T02:29:10Z',
      tables: TABLES.map(([name, level], i) => ({
        schema: 'public',
        name,
        level,
        rows: i % 3 === 0 ? '0' : String(i * 117),
        gone: i % 3 === 0 ? '0' : String(i),
        minutes: i % 3 === 0 ? 0 : 563.7,
      })),
    },
    trend: trendOf(past, 'task', recoverySeconds),
    notVerified: unprovedOf(checks),
    notRun: notRunOf(checks),
  };
}
