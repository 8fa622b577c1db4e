import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ToolchainMissing, toolchain } from '../../local/toolchain.ts';

it('names programs that exist', () => {
  const { postgres, motoServer, cfnLint, chromium, faketime } = toolchain();
  expect(
    [postgres[15], postgres[17], motoServer, cfnLint, chromium ?? '', faketime ?? ''].map((path) =>
      existsSync(path),
    ),
  ).toEqual([true, true, true, true, true, true]);
});

it('tells to run the set-up when the file is missing', () => {
  expect(() => toolchain('/no/such/toolchain.json')).toThrow(ToolchainMissing);
  expect(() => toolchain('/no/such/toolchain.json')).toThrow(/npm run setup/);
});
