/** A token of SoftHSM (Debian's softhsm2) with a key pair for a log, spoken to by pkcs11-tool (opensc). */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pkcs11Key } from '@flexledger/certifier';

const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
];
const PIN = '7319';

/** Why there is none to test with; undefined where there is. */
export function whyNoToken(): string | undefined {
  const isMissing = (program: string): boolean =>
    spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined;
  if (!MODULES.some(existsSync) || isMissing('softhsm2-util')) return 'install softhsm2';
  return isMissing('pkcs11-tool') ? 'install opensc' : undefined;
}

export interface SoftToken {
  /** An Ed25519 key pair in it. */
  readonly key: Pkcs11Key;
  /** Makes another key pair in it. @param kind as pkcs11-tool names it, `EC:edwards25519` */
  makeKey(keyId: string, kind: string): Pkcs11Key;
  /** Everything that the library lets out of it, as whoever knows the PIN reads it. */
  objects(): string;
  /** Whether who knows the PIN reads the private half of its key. */
  givesPrivateKey(): boolean;
  remove(): void;
}

/** Makes one in a folder of its own; the variable by which SoftHSM finds it stands until it is removed. */
export function makeSoftToken(): SoftToken {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-token-'));
  mkdirSync(path.join(folder, 'tokens'));
  const conf = path.join(folder, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${path.join(folder, 'tokens')}\n`);
  const before = process.env['SOFTHSM2_CONF'];
  process.env['SOFTHSM2_CONF'] = conf;
  const pinFile = path.join(folder, 'pin');
  writeFileSync(pinFile, `${PIN}\n`, { mode: 0o600 });
  const place = { module: MODULES.find(existsSync)!, token: 'flexledger', pinFile };
  const slot = ['--init-token', '--free', '--label', place.token];
  const { env } = process;
  execFileSync('softhsm2-util', [...slot, '--pin', PIN, '--so-pin', '9137'], {
    env,
    stdio: 'ignore',
  });
  const signedIn = ['--module', place.module, '--token-label', place.token, '--login'];
  const tool = (...args: readonly string[]) =>
    spawnSync('pkcs11-tool', [...signedIn, '--pin', PIN, ...args], { env });
  const makeKey = (keyId: string, kind: string): Pkcs11Key => {
    const { status, stderr } = tool('--keypairgen', '--key-type', kind, '--id', keyId);
    if (status !== 0) throw new Error(String(stderr));
    return { ...place, keyId };
  };
  return {
    key: makeKey('01', 'EC:edwards25519'),
    makeKey,
    objects: () => String(tool('--list-objects').stdout),
    givesPrivateKey: () =>
      tool('--read-object', '--type', 'privkey', '--id', '01').stdout.length > 0,
    remove() {
      if (before === undefined) delete process.env['SOFTHSM2_CONF'];
      else process.env['SOFTHSM2_CONF'] = before;
      rmSync(folder, { recursive: true });
    },
  };
}
