/*
 * The engine, loaded and waiting: it takes one command with one environment, becomes that run, and ends with it. What a
 * task would spend on starting is spent while the one before is at work.
 */
import { main } from '../../containers/engine/cli/program.ts';

process.once('message', async ({ args, env }) => {
  process.disconnect();
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  await main(args);
});
