/** A command of the set-up ended with an error; the message carries the end of what it printed. */
export class CommandFailed extends Error {
  name = 'CommandFailed';

  /**
   * @param {string} command the command line, for display
   * @param {string} outcome exit code, signal or system error
   * @param {string} output everything it printed
   */
  constructor(command, outcome, output) {
    const tail = output.trim().split('\n').slice(-30).join('\n');
    super(`"${command}" ended with ${outcome}, expected success. Its last words:\n${tail}`);
  }
}

/** Programs are missing and this machine gives us no way to install them. */
export class CannotInstall extends Error {
  name = 'CannotInstall';

  /**
   * @param {string} what the missing programs or packages
   * @param {string} why what stands in the way of installing them
   */
  constructor(what, why) {
    super(`Missing: ${what}. ${why} Install ${what} yourself, then run "npm run setup" again.`);
  }
}

/** Another set-up has held the lock for longer than any set-up takes. */
export class LockNotReleased extends Error {
  name = 'LockNotReleased';

  /**
   * @param {string} file the lock
   * @param {number} pid the process that holds it
   * @param {number} minutes how long we waited
   */
  constructor(file, pid, minutes) {
    super(
      `Waited ${minutes} minutes for process ${pid} to finish its set-up. ` +
        `Look at what it does; if it is no set-up, delete ${file} and try again.`,
    );
  }
}
