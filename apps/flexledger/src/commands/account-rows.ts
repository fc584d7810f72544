/** How a process that begins says who can sign in. */
import path from 'node:path';
import type { FirstAccounts } from '@flexledger/identity-provider';
import { writeOnce } from '@flexledger/service-kit';

/** Where the first password waits for its owner when nobody sits at a terminal. */
const PASSWORD_FILE = 'admin-password.json';

/**
 * Rows of `up`'s announcement. The first administrator's password is told once: on the terminal, or,
 * where the output goes into a file or a log collector, in a file for the owner of the data folder only.
 *
 * @param dataDir as the user named it
 */
export function accountRows(
  dataDir: string,
  { secretsFile, administrator }: FirstAccounts,
  row: (name: string, text: string) => string,
): string[] {
  const clients = row('clients', `secrets in ${path.join(dataDir, path.basename(secretsFile))}`);
  if (!administrator) return [clients];
  const { userId, password } = administrator;
  if (process.stdout.isTTY) {
    return [clients, row('sign in', `as ${userId} with ${password}, which is shown this once`)];
  }
  const file = path.join(dataDir, PASSWORD_FILE);
  writeOnce(file, { userId, password });
  return [
    clients,
    row('sign in', `as ${userId}, password in ${file}; take it and delete the file`),
  ];
}
