/** The one file that a witness is configured by (YAML or JSON), and its key. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '@flexledger/command-line';
import { type Ed25519Key, ed25519KeyFrom, sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type NoteKey,
  CheckpointError,
  parseVerifierKey,
  verifyKeyChange,
} from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import type { WitnessedLog } from './witness';

export interface WitnessConfig {
  /** Under which it cosigns, like `example.org/tso`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Ed25519 seed, hex; made where the file is absent. */
  readonly keyFile: string;
  readonly stateFile: string;
  readonly logs: readonly WitnessedLog[];
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'logs'],
  properties: {
    name: { type: 'string', pattern: '^[^\\s+]+$', maxLength: 200 },
    host: { type: 'string', minLength: 1, default: '127.0.0.1' },
    port: { type: 'integer', minimum: 0, maximum: 65_535, default: 7_380 },
    keyFile: { type: 'string', minLength: 1, default: 'witness-key' },
    stateFile: { type: 'string', minLength: 1, default: 'witness.sqlite' },
    logs: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['key'],
        properties: {
          key: { type: 'string', maxLength: 400 },
          origin: { type: 'string', minLength: 1, maxLength: 200 },
          recoveryKey: { type: 'string', maxLength: 400 },
          keyChanges: {
            type: 'array',
            maxItems: 1_000,
            items: { type: 'string', maxLength: 10_000 },
          },
        },
      },
    },
  },
} as const;

interface WitnessFile {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly keyFile: string;
  readonly stateFile: string;
  readonly logs: readonly LogEntry[];
}

interface LogEntry {
  /** The key that the witness was set up with. */
  readonly key: string;
  readonly origin?: string;
  /** Verifier key of the log's recovery key, which may end the others. */
  readonly recoveryKey?: string;
  /** Statements by which the log has gone over from that key, in order. */
  readonly keyChanges?: readonly string[];
}

/** The key that a log signs with after its statements. @throws CheckpointError */
function keyAfter(
  origin: string,
  { key: text, recoveryKey: recoveryText, keyChanges = [] }: LogEntry,
): NoteKey {
  let key = parseVerifierKey(sha256, text);
  const recoveryKey =
    recoveryText === undefined ? undefined : parseVerifierKey(sha256, recoveryText);
  for (const statement of keyChanges) {
    key = verifyKeyChange(sha256, statement, { origin, key, recoveryKey }, verifyEd25519).key;
  }
  return key;
}

/** Reads a configuration; its files stand beside it. @throws UsageError naming each fault */
export function readWitnessConfig(file: string): WitnessConfig {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    throw new UsageError(`The configuration ${file} cannot be read: ${messageOf(error)}.`);
  }
  const validate = new Ajv2020({ allErrors: true, useDefaults: true }).compile<WitnessFile>(SCHEMA);
  if (!validate(value)) {
    const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const extra = 'additionalProperty' in params ? ` (${params['additionalProperty']})` : '';
      return `${instancePath.slice(1).replaceAll('/', '.')} ${message}${extra}`.trim();
    });
    throw new UsageError(`The configuration ${file} cannot be used: ${faults.join('; ')}.`);
  }
  const beside = (name: string): string => path.resolve(path.dirname(file), name);
  try {
    const logs = value.logs.map((entry) => {
      const { origin = parseVerifierKey(sha256, entry.key).name } = entry;
      return { origin, key: keyAfter(origin, entry) };
    });
    const { name, host, port, keyFile, stateFile } = value;
    return { name, host, port, keyFile: beside(keyFile), stateFile: beside(stateFile), logs };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new UsageError(`The configuration ${file} cannot be used: logs: ${error.message}.`);
  }
}

/** The key of a file, made at random with the file where that is absent, for its owner only. */
export function openWitnessKey(file: string): Ed25519Key {
  if (!existsSync(file)) {
    const seed = randomBytes(32).toString('hex');
    writeFileSync(file, `${seed}\n`, { mode: 0o600, flag: 'wx' });
  }
  const seed = readFileSync(file, 'utf8').trim();
  try {
    return ed25519KeyFrom(seed);
  } catch (error) {
    throw new UsageError(`The key file ${file} cannot be used: ${messageOf(error)}; restore it.`);
  }
}
