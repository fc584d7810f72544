/** Ending a key of the log: the recovery key, what it is asked, what it signs, and what becomes of that. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  StatementRefused,
  TokenUnusable,
  askCompromise,
  endKey,
  makeRecoveryKey,
  openPkcs11Signer,
  recoveryVerifierKey,
  requestText,
  signCompromiseRequest,
} from '@flexledger/certifier';
import { UsageError, print, printJson, readJsonFile, readTextFile } from '@flexledger/command-line';
import { fromHex, toHex } from '@flexledger/domain';
import { type EventStore, openLog, openLogToRead, requireLog } from '@flexledger/event-store';
import { ed25519KeyFrom, sha256 } from '@flexledger/identity';
import { verifierKeyText } from '@flexledger/merkle-log';
import { messageOf, wallClock } from '@flexledger/runtime';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load-config';
import { openNextKey, putNextKeyInPlace } from '../platform/keys';

/** Flags of `flexledger log recovery-key`. */
export interface RecoveryKeyFlags {
  readonly origin: string;
  readonly out: string;
  readonly json: boolean;
}

/** Flags of `flexledger log ask-compromise`. */
export interface AskCompromiseFlags {
  readonly data: string;
  readonly config?: string;
  readonly size?: number;
  readonly out: string;
  readonly json: boolean;
}

/** Flags of `flexledger log sign-compromise`. */
export interface SignCompromiseFlags {
  readonly request: string;
  readonly key: string;
  readonly out: string;
  /** What is asked is shown, and nothing signed. */
  readonly show: boolean;
  readonly json: boolean;
}

/** Flags of `flexledger log end-key`. */
export interface EndKeyFlags {
  readonly statement: string;
  readonly data: string;
  readonly config?: string;
  readonly json: boolean;
}

/** Makes a recovery key, readable by its owner only. @throws UsageError when the file is there, or cannot be written */
export function writeRecoveryKey({ origin, out, json }: RecoveryKeyFlags): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$/.test(origin)) {
    throw new UsageError(`--origin ${origin} is no name of a log; take that of certifier.origin.`);
  }
  const key = makeRecoveryKey(origin);
  write(out, `${JSON.stringify(key, null, 2)}\n`, 'wx');
  const recoveryKey = recoveryVerifierKey(key);
  if (json) return printJson({ file: out, recoveryKey });
  print(`${out} is the recovery key of ${origin}: keep it offline, and a copy of it elsewhere.`);
  print(`Name it in the configuration: certifier.recoveryKey: ${recoveryKey}`);
}

/** Writes what the recovery key is to sign. @throws UsageError, LogAbsent */
export async function writeCompromiseRequest(flags: AskCompromiseFlags): Promise<void> {
  const { size, out, json } = flags;
  const config = configOf(flags);
  const request = await told(async () => {
    const { pkcs11, origin } = config.certifier;
    const publicKey = pkcs11
      ? (await openPkcs11Signer(origin, pkcs11)).key.publicKey
      : fromHex(ed25519KeyFrom(openNextKey(config.dataDir)).publicKey);
    return withLog(openLogToRead(placeOf(config), wallClock), (log) =>
      askCompromise(log, { publicKey }, size),
    );
  });
  write(out, `${JSON.stringify(request, null, 2)}\n`, 'w');
  if (json) return printJson({ file: out, ...request });
  print(requestText(request));
  print(`Carry ${out} to the recovery key: flexledger log sign-compromise --request ${out}`);
}

/** Signs what was asked, after it was shown. @throws UsageError */
export async function writeCompromiseStatement(flags: SignCompromiseFlags): Promise<void> {
  const { request: requestFile, key: keyFile, out, show, json } = flags;
  const [request, key] = [readJsonFile(requestFile), readJsonFile(keyFile)];
  const asked = await told(() => requestText(request));
  if (show) return json ? printJson({ request }) : print(asked);
  // What is signed is seen first, whatever becomes of the signature.
  if (!json) print(asked);
  const statement = await told(() => signCompromiseRequest(request, key));
  write(out, statement, 'w');
  if (json) return printJson({ file: out, statement });
  print(`Carry ${out} back: flexledger log end-key --statement ${out}`);
}

/** Ends the key, and puts the next one in its place. @throws UsageError, LogAbsent */
export async function endLogKey(flags: EndKeyFlags): Promise<void> {
  const config = configOf(flags);
  const statement = readTextFile(flags.statement);
  const key = await told(() =>
    withLog(appendable(config), (log) => endKey(log, wallClock, statement)),
  );
  putNextKeyInPlace(config.dataDir, toHex(key.publicKey));
  const nextKey = verifierKeyText(sha256, key);
  if (flags.json) return printJson({ nextKey });
  print(`The log of ${config.dataDir} is signed with ${nextKey} from now on.`);
  print('Start its certifier anew, and give the statement to auditors, monitors and witnesses.');
}

function configOf({ config: file, data }: { readonly config?: string; readonly data: string }) {
  const flags = { dataDir: path.resolve(data) };
  return file === undefined
    ? loadConfig({ environment: process.env, flags })
    : loadConfig({ file, environment: process.env });
}

const placeOf = ({ dataDir, log }: Config) => ({ dataDir, ...log });

/** @throws LogAbsent where the folder holds no log: none is made to end a key of */
function appendable(config: Config): Promise<EventStore> {
  if (config.log.url === undefined) requireLog(config.dataDir);
  return openLog(placeOf(config), { clock: wallClock });
}

async function withLog<Answer>(
  opening: Promise<EventStore>,
  ask: (log: EventStore) => Promise<Answer>,
): Promise<Answer> {
  const log = await opening;
  try {
    return await ask(log);
  } finally {
    await log.close();
  }
}

/** For its owner only; with `wx` only where there is none yet. @throws UsageError */
function write(file: string, text: string, flag: 'w' | 'wx'): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag });
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${messageOf(error)}.`);
  }
}

/** What is said in words, with its remedy. */
async function told<Answer>(ask: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const isTold = error instanceof StatementRefused || error instanceof TokenUnusable;
    throw isTold ? new UsageError(error.message) : error;
  }
}
