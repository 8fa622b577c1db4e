import { readFile } from 'node:fs/promises';
import { compareWith, type OpenApi } from './contract.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: npm run contract -- <OpenAPI document of Supabase's Management API, as JSON>");
  process.exit(2);
}
const document: OpenApi = JSON.parse(await readFile(file, 'utf8'));
const { calls, problems } = await compareWith(document);
for (const call of calls) {
  const own = problems.filter((problem) => problem.startsWith(`${call} `) || problem.startsWith(`${call}:`));
  console.log(`${own.length === 0 ? 'fits' : 'DIFFERS'}  ${call}`);
}
for (const problem of problems) console.error(problem);
console.log(`${calls.length} calls compared with ${file}, ${problems.length} differences`);
process.exitCode = problems.length === 0 ? 0 : 1;
