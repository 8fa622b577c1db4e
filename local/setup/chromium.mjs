import { aptInstall, hasApt } from './apt.mjs';
import { announce, isExecutable, onPath, run } from './commands.mjs';
import { CannotInstall } from './errors.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function findChromium() {
  const onThePath = NAMES.map((name) => onPath(name)).find((path) => path !== undefined);
  return onThePath ?? MAC.find(isExecutable);
}

/**
 * The path of the browser in which the tests look at a drill's report; installed first where it is missing, with a font
 * that has Korean. Nothing else needs it: where it cannot be installed the set-up says so, and only its test fails.
 *
 * @returns {string | undefined}
 */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  try {
    announce('installing Chromium, in which tests look at reports');
    if (hasApt()) aptInstall(['chromium', 'fonts-nanum']);
    else if (onPath('brew')) run('brew', ['install', '--cask', 'chromium']);
    else throw new CannotInstall('Chromium', 'There is neither apt-get nor brew here.');
  } catch (error) {
    announce(`without Chromium: ${error instanceof Error ? error.message : String(error)}`);
  }
  return findChromium();
}
