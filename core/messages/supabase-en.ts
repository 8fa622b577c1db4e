import { hoursAndMinutes, type SupabaseMessages } from './supabase.ts';

export const supabaseEn: SupabaseMessages = {
  pitrPlan: ({ project, at, earliest, latest, lostMinutes, confirmNeeded, kept }) => [
    `Project: ${project.ref} (${project.name}), now ${project.status}`,
    `Goes back to: ${at}`,
    `Could go back to any second from ${earliest} to ${latest}`,
    `Lost: everything written in the ${lostMinutes} minutes since (${span(lostMinutes)}), in the whole database`,
    'Meanwhile the project is unavailable; Supabase does not say for how long: minutes to hours, by the size of the database',
    'Storage files stay as they are: of files uploaded since then the rows are gone, and rows of files deleted since then come back without the file',
    'Subscriptions and replication slots of your own have to be dropped before',
    kept
      ? 'What is there now is kept first, as a set of kind prerestore; where that cannot be, "withoutPreRestoreSet": true does without'
      : 'What is there now is not kept first ("withoutPreRestoreSet")',
    `Needs: "confirm": "${confirmNeeded}"`,
  ],
  projectPlan: ({ name, organization, region, size, price, load, withFiles, ...plan }) => [
    `Makes: the project ${name} in ${organization.name} (plan ${organization.plan}), region ${region}, size ${size}`,
    `Costs: ${price === '' ? 'not known' : price}, from the moment it is made until somebody deletes it`,
    `Reads: ${load.objects} objects, ${(load.storedBytes / 1e6).toFixed(1)} MB; ${load.tables} tables, ${(load.sizeBytes / 1e6).toFixed(1)} MB as a database`,
    ...(withFiles ? ['Then brings the Storage files of the newest inventory back'] : []),
    ...(plan.diskMayFill
      ? [
          'In the way: a new project begins with a disk of 8 GB and may turn read-only while so much is written at once; choose a larger size, or enlarge the disk in the dashboard as soon as the project is there',
        ]
      : []),
    ...(plan.replacesSecretOf === null
      ? []
      : [
          `The secret new-project holds the password of the project ${plan.replacesSecretOf} and would be written over: copy it first, or reset that password later`,
        ]),
    'The database that is backed up is not touched',
  ],
  filesPlan: ({ id, project, files, bytes, create, overwrite, equal, withoutContent, overwritten }) => [
    `Inventory: ${id}; project ${project}`,
    `Brings back: ${files} files, ${(bytes / 1e6).toFixed(1)} MB: ${create} new, ${equal} whose rows say the same, ${overwrite} that differ`,
    ...(overwrite === 0
      ? []
      : [
          `Overwrites for good: ${overwritten.join(', ')}${overwrite > overwritten.length ? ' and others' : ''}`,
          `Needs: "confirm": "${project}"`,
        ]),
    ...(withoutContent === 0
      ? []
      : [`In the way: of ${withoutContent} files the inventory has no content, for it was missing then`]),
  ],
  pitrDone: (minutes) =>
    `The project went back in time and is up again, ${minutes} minutes after it was asked; its services are well, and the integrity rules hold.`,
  handover: ({ ref, name, price, apiUrl, dashboard, secret, checklist }) => [
    `New project: ${ref} (${name}), ${apiUrl}${price === '' ? '' : `, ${price}`}`,
    `Dashboard: ${dashboard}`,
    `Connection string and password: secret ${secret}`,
    'Still to be done by hand:',
    ...checklist.en.map((step, index) => `${index + 1}. ${step}`),
  ],
};

function span(total: number): string {
  const { hours, minutes } = hoursAndMinutes(total);
  return `${hours} h ${minutes} min`;
}
