import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { fileTransfer } from '../../../containers/engine/drill/file-transfer.ts';
import { type ProjectApi, startProjectApi } from '../../../local/supabase/project-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { projectRun } from '../../support/drill-run.ts';
import { asAdmin } from '../../support/supabase.ts';

let supabase: LocalSupabase;
let target: Project;
let api: ProjectApi;

beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
  target = await supabase.makeProject();
});
afterEach(() => api.stop());
afterAll(() => supabase.stop());

const left = () =>
  asAdmin(target, 'SELECT id FROM storage.buckets UNION ALL SELECT name FROM storage.objects');

it.each(['legacy', 'new'] as const)(
  'a file goes in and comes out again with %s keys, and is gone',
  async (kind) => {
    api = await startProjectApi(target, kind);
    expect(await fileTransfer(projectRun({ target, api }))).toMatchObject({
      state: 'verified',
      findings: [],
      figures: [
        { name: 'upload', unit: 'milliseconds' },
        { name: 'download', unit: 'milliseconds' },
        { name: 'bytes', value: 1024 * 1024, unit: 'bytes' },
      ],
    });
    expect(await left()).toEqual([]);
    expect(api.requests.map(({ call }) => call.replace(/vpb-drill-\w+/, 'bucket'))).toEqual([
      'POST /storage/v1/bucket',
      'POST /storage/v1/object/bucket/file.bin',
      'GET /storage/v1/object/authenticated/bucket/file.bin',
      'DELETE /storage/v1/object/bucket/file.bin',
      'DELETE /storage/v1/bucket/bucket',
    ]);
  },
);

it('a project that takes no file of that size keeps it from being verified', async () => {
  api = await startProjectApi(target);
  const body = {
    statusCode: '413',
    error: 'Payload too large',
    message: 'The object exceeded the maximum allowed size',
  };
  api.fail('POST /storage/v1/object', { status: 400, body });
  expect(await fileTransfer(projectRun({ target, api }))).toMatchObject({
    state: 'could-not-verify',
    findings: [expect.stringContaining('exceeded the maximum allowed size')],
  });
  expect(await left()).toEqual([]);
});

it('is not run where there is no API', async () => {
  api = await startProjectApi(target);
  expect(await fileTransfer(projectRun({ target }))).toMatchObject({ state: 'not-run' });
});
