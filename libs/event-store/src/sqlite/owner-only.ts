import { closeSync, existsSync, openSync } from 'node:fs';

/**
 * Makes a database file that nobody but its owner reads or writes, before SQLite makes it with the usual
 * mode; its write-ahead log takes the mode of the file. One that is there keeps the mode that it has: who
 * gave others a right meant it. (To open it here would also drop this process's locks on it.)
 *
 * @param file `:memory:` is none
 */
export function makeOwnerOnly(file: string): void {
  if (file !== ':memory:' && !existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}
