/**
 * The log's key in a token that speaks PKCS#11, by `pkcs11-tool` of OpenSC: the private half never leaves it. A
 * process a signature, which is one a checkpoint; so no library of the token's maker is loaded into the platform.
 */
import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { verifyEd25519 } from '@flexledger/identity';
import type { NoteSigner } from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';

/** Where a token is, and which of its keys is meant. */
export interface Pkcs11Key {
  /** The library by which the token is spoken to, a file like `libsofthsm2.so`. */
  readonly module: string;
  /** Label of the token. */
  readonly token: string;
  /** Id of the key pair in it (CKA_ID), hex. */
  readonly keyId: string;
  /** A file that holds the user's PIN and nothing else. */
  readonly pinFile: string;
}

/** The token does not give what is asked of it; the message says why, and what helps. */
export class TokenUnusable extends Error {
  override readonly name = 'TokenUnusable';
}

const TOOL = 'pkcs11-tool';
/** A token that does not answer by then is taken for one that is gone. */
const PATIENCE_MS = 5_000;
/** The tool reads its input so far, and signs what it has read. */
const MESSAGE_BYTES_AT_MOST = 1_024;
/** The PIN goes by a variable: a command line can be read by any user of the machine. */
const PIN_VARIABLE = 'FLEXLEDGER_TOKEN_PIN';
/** Of a DER key of Ed25519, 44 bytes, the last ones are the key. */
const ED25519_KEY_BYTES = 32;
/** Of what tokens say: the PIN is wrong, is of no such form, is past its time, or was wrong too often. */
const PIN_REFUSED = /CKR_PIN_(INCORRECT|INVALID|LEN_RANGE|EXPIRED|LOCKED)/;
/** No checkpoint, and no statement of keys, is this text. */
const TRIAL = new TextEncoder().encode('flexledger: does the token sign?\n');

/**
 * The signer of a log by a key in a token, after one signature of it was found right.
 *
 * @param origin name of the log
 * @throws TokenUnusable, also when it signs later
 */
export function openPkcs11Signer(origin: string, place: Pkcs11Key): NoteSigner {
  const run = openTool(place);
  const publicKey = readPublicKey(place, run);
  const sign = (message: Uint8Array): Uint8Array => {
    if (message.length > MESSAGE_BYTES_AT_MOST) {
      throw unusable(place, `${message.length} bytes are more than ${TOOL} has signed at once`);
    }
    const signature = new Uint8Array(run(['--login', '--sign', '--mechanism', 'EDDSA'], message));
    if (verifyEd25519(publicKey, message, signature)) return signature;
    throw unusable(place, 'what it signs is not by the public key that it shows');
  };
  sign(TRIAL);
  return { key: { name: origin, publicKey }, sign };
}

function readPublicKey(place: Pkcs11Key, run: RunTool): Uint8Array {
  const read = run(['--read-object', '--type', 'pubkey']);
  try {
    // In PEM or DER, as the release of the tool has it.
    const isPem = read.subarray(0, 5).toString('latin1') === '-----';
    const key = isPem
      ? createPublicKey(read)
      : createPublicKey({ key: read, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is of ${key.asymmetricKeyType}`);
    const der = key.export({ format: 'der', type: 'spki' });
    return new Uint8Array(der.subarray(-ED25519_KEY_BYTES));
  } catch (error) {
    throw unusable(
      place,
      `its public key is none of Ed25519 (${messageOf(error)}); make one by "${TOOL} --keypairgen ` +
        '--key-type EC:edwards25519"',
    );
  }
}

/** What the tool writes. @throws TokenUnusable */
type RunTool = (args: readonly string[], input?: Uint8Array) => Buffer;

/** The tool, which is not asked again with a PIN that the token has refused: each further try brings it closer to locking itself. */
function openTool(place: Pkcs11Key): RunTool {
  let refused: { readonly pin: string; readonly reason: string } | undefined;
  return (args, input) => {
    const pin = readPin(place);
    if (refused?.pin === pin) {
      const why = `${refused.reason}; this PIN is not tried again, as the token would lock itself: put ${place.pinFile} right`;
      throw unusable(place, why);
    }
    const answer = runOnce(place, { args, pin, input });
    if (typeof answer !== 'string') return answer;
    if (PIN_REFUSED.test(answer)) refused = { pin, reason: answer };
    throw unusable(place, answer);
  };
}

/** What the tool writes, or, as text, the reason why it writes nothing. @throws TokenUnusable where it cannot be run */
function runOnce(
  place: Pkcs11Key,
  { args, pin, input }: { args: readonly string[]; pin: string; input: Uint8Array | undefined },
): Buffer | string {
  const { module, token, keyId } = place;
  const where = ['--module', module, '--token-label', token, '--id', keyId];
  const { status, stdout, stderr, error } = spawnSync(
    TOOL,
    [...where, ...args, '--pin', `env:${PIN_VARIABLE}`],
    {
      env: { ...process.env, [PIN_VARIABLE]: pin },
      timeout: PATIENCE_MS,
      ...(input && { input }),
    },
  );
  if (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unusable(place, `there is no ${TOOL}; install OpenSC`);
    const slow = `it did not answer within ${PATIENCE_MS / 1_000} s`;
    throw unusable(place, code === 'ETIMEDOUT' ? slow : error.message);
  }
  if (status === 0 && stdout.length > 0) return stdout;
  return reasonIn(stderr.toString('utf8'));
}

/**
 * The line of the tool that says what went wrong: others say what it was about to do, and libraries beneath it what they have
 * not found. Before all the one by which a token refuses the PIN.
 */
function reasonIn(told: string): string {
  const lines = told.split('\n').filter((line) => line.trim() !== '');
  const saying = (what: RegExp): string | undefined => lines.find((line) => what.test(line));
  const reason =
    saying(PIN_REFUSED) ?? saying(/CKR_/) ?? saying(/error|fail|not found/i) ?? lines.at(-1);
  return (reason ?? `${TOOL} gives nothing`).slice(0, 200);
}

function readPin(place: Pkcs11Key): string {
  try {
    const pin = readFileSync(place.pinFile, 'utf8').trim();
    if (pin !== '') return pin;
  } catch (error) {
    throw unusable(place, `its PIN cannot be read: ${messageOf(error)}`);
  }
  throw unusable(place, `its PIN cannot be read: ${place.pinFile} is empty`);
}

function unusable({ module, token, keyId }: Pkcs11Key, why: string): TokenUnusable {
  return new TokenUnusable(
    `Key ${keyId} of token "${token}" (${module}) does not sign for the log: ${why}. Correct certifier.pkcs11, ` +
      'or put the token right.',
  );
}
