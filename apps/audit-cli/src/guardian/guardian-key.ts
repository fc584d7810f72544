/** The key of a guardian: an account on the chain, in a file that its owner alone reads. */
import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { UsageError, readTextFile } from '@flexledger/command-line';
import { accountOf } from '@flexledger/contracts';
import { messageOf } from '@flexledger/runtime';

/**
 * Makes a key, at random.
 *
 * @returns address of its account
 * @throws UsageError when the file is there, or cannot be written
 */
export function makeGuardianKey(file: string): string {
  const key = randomBytes(32).toString('hex');
  try {
    writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${messageOf(error)}.`);
  }
  return accountOf(`0x${key}`);
}

/**
 * The private key in a file, 0x-prefixed.
 *
 * @throws UsageError when it cannot be read, others can read it, or it holds no key; never shows what it holds
 */
export function readGuardianKey(file: string): string {
  const text = readTextFile(file).trim();
  const others = statSync(file).mode & 0o077;
  if (others !== 0 && process.platform !== 'win32') {
    throw new UsageError(
      `${file} can be read or written by others than its owner: chmod 600 ${file}; ` +
        'if somebody else may have read it, make another key and have the admin name its account.',
    );
  }
  const key = text.startsWith('0x') ? text : `0x${text}`;
  try {
    accountOf(key);
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}; "flexledger guardian key" makes one.`);
  }
  return key;
}
