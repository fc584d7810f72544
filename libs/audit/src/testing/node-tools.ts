/** What the checks are given in this library's own tests: the services' cryptography, and HiGHS. */
import type { StoredRow } from '@flexledger/domain';
import { sha256, verifyEd25519, verifyMessage } from '@flexledger/identity';
import { loadHighsSolver } from '@flexledger/solver';
import type { AuditTools } from '../tools';
import { type SmallEvent, storedRowsOf } from './small-log';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const tools: AuditTools = {
  sha256,
  loadSolver: loadHighsSolver,
  verifyP256: (key, message, signature) => verifyMessage(hex(key), message, hex(signature)),
  verifyEd25519,
};

export const smallLog = (events: readonly SmallEvent[]): StoredRow[] =>
  storedRowsOf(sha256, events);
