import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DRILL_OBJECT, drillFolder } from '../../../core/drill/keys.ts';
import { type DrillReport, serializeReport } from '../../../core/drill/report.ts';
import { EvidenceExistsError, reason } from '../../../core/errors/index.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';
import { renderReport } from './html/render.ts';
import type { DrillRequest } from './request.ts';
import { signDetached } from './sign.ts';

/** Where the evidence of a drill lies, and whether it is signed. */
export interface Evidence {
  /** Key of the page in the bucket. */
  readonly report: string;
  readonly signed: boolean;
  /** Of the key that signed. */
  readonly signedBy?: string;
  /** Why it is not signed. */
  readonly unsigned?: string;
}

/**
 * Writes the report as JSON and as a page, each with a detached signature where the team's key can sign (spec D5). Nothing
 * that is there is replaced: evidence is written once.
 * @throws StorageError when the bucket takes none
 * @throws EvidenceExistsError when there is some of a drill of this id
 */
export async function writeEvidence(
  report: DrillReport,
  request: DrillRequest,
  { bucket, keyring, reporter }: { bucket: Bucket; keyring: DecryptingKeyring; reporter: Reporter },
): Promise<Evidence> {
  const json = serializeReport(report);
  const page = await renderReport(report, { language: request.language });
  const files = new Map<string, { text: string; contentType: string }>([
    [DRILL_OBJECT.report, { text: json, contentType: 'application/json' }],
    [DRILL_OBJECT.page, { text: page, contentType: 'text/html; charset=utf-8' }],
  ]);
  const [ofReport, ofPage] = [await signDetached(keyring, json), await signDetached(keyring, page)];
  const signatures = { [DRILL_OBJECT.signature]: ofReport, [DRILL_OBJECT.pageSignature]: ofPage };
  for (const [name, signature] of Object.entries(signatures))
    if ('signature' in signature)
      files.set(name, { text: signature.signature, contentType: 'application/pgp-signature' });
  if (request.out !== undefined) await writeHere(request.out, files);
  const folder = drillFolder(report.id);
  // the report last: where it is, all the rest is
  for (const [name, { text, contentType }] of [...files].reverse())
    if (!(await bucket.putText(folder + name, text, { ifAbsent: true, contentType })))
      throw new EvidenceExistsError(folder + name);
  const told = {
    report: folder + DRILL_OBJECT.page,
    signed: 'signature' in ofReport && 'signature' in ofPage,
  };
  if ('signature' in ofReport) return { ...told, signedBy: ofReport.fingerprint };
  reporter.warn('the report is not signed', { because: ofReport.reason });
  return { ...told, unsigned: ofReport.reason };
}

/** On a machine of one's own; the evidence in the bucket does not depend on it. */
async function writeHere(
  folder: string,
  files: ReadonlyMap<string, { readonly text: string }>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, { text }] of files) await writeFile(join(folder, name), text);
}

/** Says on the terminal, or in the log, where to read on. */
export function tellEvidence(reporter: Reporter, { report, signed }: Evidence, bucket: Bucket): void {
  reporter.notice('report written', { report: `s3://${bucket.name}/${report}`, signed });
}

/** Why evidence could not be written, for a run that has failed already. */
export function withoutEvidence(reporter: Reporter, error: unknown): void {
  reporter.warn('the report could not be written', { because: reason(error) });
}
