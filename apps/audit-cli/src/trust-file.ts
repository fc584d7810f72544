/** The auditor's `trust.json` (`infra/trust.schema.json`): read with its faults named, written whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { AuditReport, TrustPolicy } from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import { toHex } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { CheckpointError, NOTE_KEY_TYPES, parseVerifierKey } from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';

/** Far above what a policy with 64 witnesses takes. */
const BYTES_AT_MOST = 1_000_000;

let compiled: ValidateFunction<TrustPolicy> | undefined;

/** @throws UsageError naming the file, each fault and the remedy */
export function readTrustFile(file: string): TrustPolicy {
  const value = parsed(file);
  const fault = shapeFault(value) ?? policyFault(value as TrustPolicy);
  if (fault !== undefined) throw unusable(file, fault);
  return value as TrustPolicy;
}

/** What is not of the schema; undefined where nothing is. */
function shapeFault(value: unknown): string | undefined {
  compiled ??= new Ajv2020({ allErrors: true }).compile<TrustPolicy>(schema());
  if (compiled(value)) return undefined;
  const faults = (compiled.errors ?? []).map(({ instancePath, message }) =>
    `${instancePath.slice(1).replaceAll('/', '.')} ${message}`.trim(),
  );
  return faults.join('; ');
}

/** What a schema cannot tell: keys that are none, witnesses that prove nothing. */
function policyFault(value: TrustPolicy): string | undefined {
  try {
    parseVerifierKey(sha256, value.logKey);
    if (value.recoveryKey !== undefined) parseVerifierKey(sha256, value.recoveryKey);
    for (const { key } of value.formerKeys ?? []) parseVerifierKey(sha256, key);
    const twice = namesOfOneKey(value.witnesses.keys);
    if (twice) {
      const names = twice.join(' and ');
      return `witnesses.keys names the same key twice, as ${names}, and one witness counts once`;
    }
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return error.message;
  }
  const { quorum, keys } = value.witnesses;
  if (quorum > keys.length) {
    return `witnesses.quorum asks for ${quorum} of ${keys.length} witnesses, which nobody can meet`;
  }
  // Of two halves each could cosign another history.
  if (quorum > 0 && 2 * quorum <= keys.length) {
    const least = Math.floor(keys.length / 2) + 1;
    return (
      `witnesses.quorum asks for ${quorum} of ${keys.length} witnesses; ask for ${least} at least, more than ` +
      'half, since less may have cosigned two histories without one of them seeing both'
    );
  }
  return undefined;
}

/** Names under which one key stands twice; undefined where each stands once. @throws CheckpointError */
function namesOfOneKey(texts: readonly string[]): readonly [string, string] | undefined {
  const known = new Map<string, string>();
  for (const text of texts) {
    const { name, publicKey } = parseVerifierKey(sha256, text, NOTE_KEY_TYPES.cosignature);
    const hex = toHex(publicKey);
    const other = known.get(hex);
    if (other !== undefined) return [other, name];
    known.set(hex, name);
  }
  return undefined;
}

/**
 * Writes a policy, in the place of an earlier one; a crash leaves the one or the other. One that could not be read again is
 * not written: a log could else make its auditors lose what they have seen of it, by saying more than a file holds.
 *
 * @throws UsageError
 */
export function writeTrustFile(file: string, trust: TrustPolicy): void {
  const text = `${JSON.stringify(trust, null, 2)}\n`;
  const fault =
    shapeFault(JSON.parse(text)) ??
    policyFault(trust) ??
    (text.length > BYTES_AT_MOST ? `it has more than ${BYTES_AT_MOST} bytes` : undefined);
  if (fault !== undefined) {
    throw new UsageError(
      `The trust file ${file} is not written, as it could not be read again: ${fault}. What was there stays; ` +
        'ask the operator of the log why it says so.',
    );
  }
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.new`);
  try {
    const descriptor = openSync(beside, 'w', 0o644);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, file);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${messageOf(error)}.`);
  }
}

/**
 * The policy after an audit that held: it never goes back to a smaller checkpoint, it trusts the key that the log is
 * signed with now and the contracts that it has now, and remembers the recovery key that it was shown first.
 */
export function withSeen(
  trust: TrustPolicy,
  {
    lastCheckpoint,
    logKeys,
    contracts,
  }: Pick<AuditReport, 'lastCheckpoint' | 'logKeys' | 'contracts'>,
): TrustPolicy {
  const { logKey, formerKeys = [], recoveryKey } = logKeys ?? trust;
  const isLarger = lastCheckpoint && lastCheckpoint.size > (trust.lastCheckpoint?.size ?? 0);
  return {
    ...trust,
    logKey,
    ...(formerKeys.length > 0 && { formerKeys }),
    ...(recoveryKey !== undefined && { recoveryKey }),
    ...contracts,
    ...(isLarger && { lastCheckpoint }),
  };
}

function parsed(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `The trust file ${file} cannot be read: ${messageOf(error)}; get one by "flexledger trust export".`,
    );
  }
  if (text.length > BYTES_AT_MOST) throw unusable(file, `it has more than ${BYTES_AT_MOST} bytes`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unusable(file, messageOf(error));
  }
}

function unusable(file: string, why: string): UsageError {
  return new UsageError(
    `The trust file ${file} cannot be used: ${why}. Take the copy that was kept, or ask its source for another.`,
  );
}

/** It stands beside the sources and is not compiled: looked for upward, without the web server's code. */
function schema(): object {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'infra', 'trust.schema.json');
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as object;
    if (folder === path.dirname(folder)) {
      throw new Error(`infra/trust.schema.json was not found above ${__dirname}; install anew.`);
    }
  }
}
