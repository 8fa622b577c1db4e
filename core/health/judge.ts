import type { Unseen } from '../messages/health.ts';
import { leastPitrDays, type PitrState } from '../supabase/pitr.ts';
import type { Expectations } from './expectations.ts';
import { type Finding, finding, worstFirst } from './finding.ts';
import type { DrillHealth, FilesHealth, Health, Looked, UploadsHealth } from './health.ts';
import { ofKind } from './judge-kind.ts';

/** Everything that is not as it should be, worst first; nothing is green. */
export function judge(health: Health, expected: Expectations): Finding[] {
  const empty = isEmpty(health);
  const kinds = (empty ? [] : health.kinds).flatMap(({ kind, looked }) =>
    judged(looked, kind, (seen) => ofKind(seen, expected)),
  );
  const all = [
    ...(empty ? [finding('alarm', 'Backup/DailyStale', (say) => say.empty())] : []),
    ...kinds,
    ...judged(health.uploads, 'uploads', (seen) => ofUploads(seen, expected)),
    ...(health.files === undefined ? [] : judged(health.files, 'files', (seen) => ofFiles(seen, expected))),
    ...(health.drill === undefined ? [] : judged(health.drill, 'drill', (seen) => ofDrill(seen, expected))),
    ...(health.pitr === undefined ? [] : judged(health.pitr, 'pitr', (seen) => ofPitr(seen, expected))),
  ];
  return worstFirst(all);
}

function judged<T>(
  looked: Looked<T>,
  what: Exclude<Unseen, 'bucket'>,
  of: (seen: T) => Finding[],
): Finding[] {
  if ('seen' in looked) return of(looked.seen);
  const heading = what === 'pitr' ? 'Pitr/NotMeasured' : 'Monitor/Failing';
  return [finding('unknown', heading, (say) => say.unknown(what, looked.problem))];
}

/** An empty bucket has nothing that could be wrong, and is the worst there is. */
function isEmpty({ kinds }: Health): boolean {
  return kinds.every(({ looked }) => 'seen' in looked && looked.seen.folders === 0);
}

function ofUploads({ oldest }: UploadsHealth, { health }: Expectations): Finding[] {
  if (oldest === undefined || oldest.ageHours <= health.openUploadHours) return [];
  const { key, ageHours } = oldest;
  return [finding('alarm', 'Uploads/Stale', (say) => say.uploadOpen(key, Math.floor(ageHours)))];
}

function ofFiles({ made, ageMinutes }: FilesHealth, { files }: Expectations): Finding[] {
  if (made === 'not-here') return [];
  if (ageMinutes === undefined) return [finding('alarm', 'Files/Stale', (say) => say.filesNone())];
  if (ageMinutes <= files.staleAfterMinutes) return [];
  return [
    finding('alarm', 'Files/Stale', (say) =>
      say.filesStale(say.span(ageMinutes), say.span(files.staleAfterMinutes)),
    ),
  ];
}

function ofDrill({ held, ageDays }: DrillHealth, { drill }: Expectations): Finding[] {
  const limit = drill.staleAfterDays;
  // without a set there is nothing to rehearse with, and that is said already
  if (ageDays === undefined) return [];
  const days = Math.floor(ageDays);
  if (ageDays > limit && (held || drill.made === 'yes'))
    return [
      finding('alarm', 'Drill/Stale', (say) =>
        held ? say.drillStale(days, limit) : say.drillNever(days, limit),
      ),
    ];
  return held ? [] : [finding('warning', 'Drill/Stale', (say) => say.drillNone())];
}

function ofPitr(state: PitrState, { pitr }: Expectations): Finding[] {
  if (!state.enabled) return [finding('alarm', 'Pitr/Off', (say) => say.pitrOff())];
  const { newestAgeMinutes, days } = state;
  if (newestAgeMinutes === undefined) return [finding('alarm', 'Pitr/TooShort', (say) => say.pitrNoPoint())];
  return [
    ...(newestAgeMinutes > pitr.maxAgeMinutes
      ? [
          finding('alarm', 'Pitr/Stale', (say) =>
            say.pitrStale(say.span(newestAgeMinutes), say.span(pitr.maxAgeMinutes)),
          ),
        ]
      : []),
    ...(days < leastPitrDays(pitr.minDays)
      ? [finding('alarm', 'Pitr/TooShort', (say) => say.pitrTooShort(days.toFixed(1), pitr.minDays))]
      : []),
  ];
}
