/**
 * A key in a token that speaks PKCS#11, by `pkcs11-tool` of OpenSC: the private half never leaves it. A process of its own a
 * signature, which nothing waits for but who asked; so no library of the token's maker is loaded into the platform.
 */
import { spawn } from 'node:child_process';
import { type KeyObject, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inOrder, messageOf } from '@flexledger/runtime';

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
/** Far above a key or a signature. */
const ANSWER_BYTES_AT_MOST = 64 * 1_024;
/** The PIN goes by a variable: a command line can be read by any user of the machine. */
const PIN_VARIABLE = 'FLEXLEDGER_TOKEN_PIN';
/** Of what tokens say: the PIN is wrong, is of no such form, is past its time, or was wrong too often. */
const PIN_REFUSED = /CKR_PIN_(INCORRECT|INVALID|LEN_RANGE|EXPIRED|LOCKED)/;

/** A key pair in a token. All methods throw `TokenUnusable`. */
export interface TokenKey {
  /** @param kind of Node's names, as `ed25519` @param keyType of the tool's names, for who is to make one */
  publicKey(kind: string, keyType: string): Promise<KeyObject>;
  /** @param mechanism by the tool's flags for it */
  sign(message: Uint8Array, mechanism: readonly string[]): Promise<Uint8Array>;
  /** What is wrong with the key, for somebody to throw. */
  unusable(why: string): TokenUnusable;
}

/** @param use what the key is for, and the setting that names it, for messages */
export function tokenKey(
  place: Pkcs11Key,
  use: { readonly purpose: string; readonly setting: string },
): TokenKey {
  const { module, token, keyId } = place;
  const unusable = (why: string): TokenUnusable =>
    new TokenUnusable(
      `Key ${keyId} of token "${token}" (${module}) does not sign for ${use.purpose}: ${why}. Correct ${use.setting}, ` +
        'or put the token right.',
    );
  const run = openTool(place, unusable);
  return {
    unusable,
    async publicKey(kind, keyType) {
      const read = await run(['--read-object', '--type', 'pubkey']);
      try {
        // In PEM or DER, as the release of the tool has it.
        const isPem = read.subarray(0, 5).toString('latin1') === '-----';
        const key = isPem
          ? createPublicKey(read)
          : createPublicKey({ key: read, format: 'der', type: 'spki' });
        const found = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType;
        if (found !== kind) throw new Error(`it is of ${found}`);
        return key;
      } catch (error) {
        throw unusable(
          `its public key is none of ${kind} (${messageOf(error)}); make one by "${TOOL} --keypairgen ` +
            `--key-type ${keyType}"`,
        );
      }
    },
    async sign(message, mechanism) {
      if (message.length > MESSAGE_BYTES_AT_MOST) {
        throw unusable(`${message.length} bytes are more than ${TOOL} has signed at once`);
      }
      return new Uint8Array(await run(['--login', '--sign', ...mechanism], message));
    },
  };
}

/** What the tool writes. @throws TokenUnusable */
type RunTool = (args: readonly string[], input?: Uint8Array) => Promise<Buffer>;

/**
 * The tool, one call after another. It is not asked again with a PIN that the token has refused: each further try brings that
 * closer to locking itself.
 */
function openTool(place: Pkcs11Key, unusable: TokenKey['unusable']): RunTool {
  let refused: { readonly pin: string; readonly reason: string } | undefined;
  const inTurn = inOrder();
  return (args, input) =>
    inTurn(async () => {
      const pin = readPin(place, unusable);
      if (refused?.pin === pin) {
        const why = `${refused.reason}; this PIN is not tried again, as the token would lock itself: put ${place.pinFile} right`;
        throw unusable(why);
      }
      const answer = await runOnce(place, { args, pin, input });
      if (typeof answer !== 'string') return answer;
      if (PIN_REFUSED.test(answer)) refused = { pin, reason: answer };
      throw unusable(answer);
    });
}

/** What the tool writes, or, as text, the reason why it writes nothing. */
function runOnce(
  { module, token, keyId }: Pkcs11Key,
  { args, pin, input }: { args: readonly string[]; pin: string; input: Uint8Array | undefined },
): Promise<Buffer | string> {
  const where = ['--module', module, '--token-label', token, '--id', keyId];
  return new Promise((resolve) => {
    const child = spawn(TOOL, [...where, ...args, '--pin', `env:${PIN_VARIABLE}`], {
      env: { ...process.env, [PIN_VARIABLE]: pin },
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    const written: Buffer[] = [];
    const told: Buffer[] = [];
    let bytes = 0;
    const keep = (kept: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= ANSWER_BYTES_AT_MOST) kept.push(chunk);
    };
    child.stdout.on('data', keep(written));
    child.stderr.on('data', keep(told));
    // It may end before it has read all.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? `there is no ${TOOL}; install OpenSC` : error.message),
    );
    child.on('close', (status, signal) => {
      const stdout = Buffer.concat(written);
      if (signal !== null) resolve(`it did not answer within ${PATIENCE_MS / 1_000} s`);
      else if (status === 0 && stdout.length > 0) resolve(stdout);
      else resolve(reasonIn(Buffer.concat(told).toString('utf8')));
    });
  });
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

function readPin(place: Pkcs11Key, unusable: TokenKey['unusable']): string {
  try {
    const pin = readFileSync(place.pinFile, 'utf8').trim();
    if (pin !== '') return pin;
  } catch (error) {
    throw unusable(`its PIN cannot be read: ${messageOf(error)}`);
  }
  throw unusable(`its PIN cannot be read: ${place.pinFile} is empty`);
}
