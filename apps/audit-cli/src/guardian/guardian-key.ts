/** The key of a guardian: an account on the chain, in a file that its owner alone reads, or in a token. */
import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import type { Pkcs11Key } from '@flexledger/certifier';
import { UsageError, readTextFile } from '@flexledger/command-line';
import { type ChainSigner, accountOf } from '@flexledger/contracts';
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

const SCHEME = 'pkcs11:';
/** As an example in messages. */
const EXAMPLE =
  'pkcs11:token=guardian;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/home/guardian/pin';

/**
 * Who signs for the account of a guardian: the key in a file, or in the token that a PKCS#11 URI names (RFC 7512).
 *
 * @throws UsageError as `readGuardianKey`, and where the token does not sign
 */
export async function guardianSigner(key: string): Promise<string | ChainSigner> {
  if (!key.startsWith(SCHEME)) return readGuardianKey(key);
  // Only for a token: an audit, which tells a guardian what to do, needs nothing of a platform.
  const { TokenUnusable, openPkcs11Account } = await import('@flexledger/certifier');
  try {
    return await openPkcs11Account(pkcs11KeyIn(key), '--key');
  } catch (error) {
    if (error instanceof TokenUnusable) throw new UsageError(error.message);
    throw error;
  }
}

/** The token, the key pair in it, the library and the PIN's file that a URI names. @throws UsageError */
export function pkcs11KeyIn(uri: string): Pkcs11Key {
  const [path = '', query = ''] = uri.slice(SCHEME.length).split('?');
  const parts = new Map(
    [...path.split(';'), ...query.split('&')]
      .filter((part) => part !== '')
      .map((part): [string, string] => {
        const at = part.indexOf('=');
        return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      }),
  );
  const text = (name: string): string => {
    const value = parts.get(name);
    if (!value) throw unreadable(`it names no ${name}`);
    parts.delete(name);
    try {
      return decodeURIComponent(value);
    } catch {
      throw unreadable(`its ${name} is not percent-encoded text`);
    }
  };
  // Bytes, which need be no text.
  const id = parts.get('id') ?? '';
  parts.delete('id');
  if (!/^(%[0-9a-fA-F]{2})+$/.test(id)) throw unreadable('its id is not bytes such as %01');
  const found = {
    token: text('token'),
    keyId: id.replaceAll('%', '').toLowerCase(),
    module: text('module-path'),
    pinFile: text('pin-source').replace(/^file:(\/\/)?/, ''),
  };
  const [unknown] = parts.keys();
  if (unknown !== undefined) throw unreadable(`${unknown} is not looked at`);
  return found;
}

const unreadable = (why: string): UsageError =>
  new UsageError(
    `--key names a token in a way that is not read: ${why}; write one such as "${EXAMPLE}".`,
  );
