/** How a process that begins says who can sign in. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { FirstAccounts } from '@flexledger/identity-provider';

/**
 * Rows of `up`'s announcement. As long as the first administrator's password waits in its file, a
 * terminal shows it, and else the file is named: what goes into a file or a log collector is read by
 * others.
 *
 * @param dataDir as the user named it
 * @param isTerminal whether the announcement goes to a person's terminal; `passwordWasShown` then removes
 *   the file
 */
export function accountRows(
  dataDir: string,
  { secretsFile, administrator }: FirstAccounts,
  isTerminal: boolean,
  row: (name: string, text: string) => string,
): string[] {
  const shown = (file: string): string => path.join(dataDir, path.basename(file));
  const clients = row('clients', `secrets in ${shown(secretsFile)}`);
  // Another process of the folder may have shown it meanwhile.
  if (!administrator || !existsSync(administrator.passwordFile)) return [clients];
  const { userId, passwordFile } = administrator;
  const words = isTerminal
    ? `as ${userId} with ${passwordIn(passwordFile)}, which is shown this once`
    : `as ${userId}, password in ${shown(passwordFile)}; take it and delete the file`;
  return [clients, row('sign in', words)];
}

/** Removes the file of a password that stands on a terminal now. */
export function passwordWasShown({ administrator }: FirstAccounts): void {
  if (administrator) rmSync(administrator.passwordFile, { force: true });
}

function passwordIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { password: string }).password;
}
