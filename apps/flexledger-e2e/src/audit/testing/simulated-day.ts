/** A small simulated day and ways to change its log, for the tests of the audit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type StoredRow, logFile } from '@flexledger/event-store';
import { canonicalJson, sha256 } from '@flexledger/identity';
import {
  type AuditBasis,
  type AuditReport,
  type ChainSnapshot,
  type CheckName,
  type CheckReport,
  type LoggedEvent,
  type LoggedOf,
  auditRows,
  rehashed,
} from '@flexledger/audit';
import { simulatedCopy } from '../../testing/simulated-copy';
import { readChain, readContents, createNodeTools, openStoredLog } from '@flexledger/audit-cli';

export const PODS = 10;
export const DAY_AHEAD = 'dayAhead-2026-03-16T23:00Z';
export const REAL_TIME = 'realTime-2026-03-17T15:00Z';

export interface SimulatedLog {
  readonly dataDir: string;
  readonly rows: readonly StoredRow[];
  readonly chain: ChainSnapshot;
  /** Audits changed rows, beside what the chain said of the real ones. */
  audited(changed: readonly StoredRow[], other?: Partial<AuditBasis>): Promise<AuditReport>;
  /** First row of a type that `wanted` likes. */
  rowOf<Type extends LoggedEvent['type']>(
    type: Type,
    wanted?: (data: DataOf<Type>) => boolean,
  ): StoredRow;
  remove(): void;
}

/** Data of an event, for changing. */
export type DataOf<Type extends LoggedEvent['type']> = Mutable<LoggedOf<Type>['data']>;
type Mutable<Value> = { -readonly [Key in keyof Value]: Mutable<Value[Key]> };

export function dataOf<Type extends LoggedEvent['type']>(row: StoredRow): DataOf<Type> {
  return JSON.parse(row.data) as DataOf<Type>;
}

export async function simulatedLog(): Promise<SimulatedLog> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-audit-spec-'));
  const dataDir = path.join(folder, 'day');
  await simulatedCopy({ pods: PODS }, dataDir);
  const log = openStoredLog(logFile(dataDir));
  const rows = [...log.rows()];
  const contents = await readContents(log);
  await log.close();
  const chain = await readChain({ dataDir }, contents);
  if (typeof chain === 'string') throw new Error(chain);
  const basis: AuditBasis = { contents, chain, sessionId: undefined };
  return {
    dataDir,
    rows,
    chain,
    audited: (changed, other = {}) =>
      auditRows(
        { rows: () => changed, faults: [], rowFault: () => undefined },
        { ...basis, ...other },
        createNodeTools(),
      ),
    rowOf(type, wanted = () => true) {
      const found = rows.find((row) => row.type === type && wanted(dataOf(row)));
      if (!found) throw new Error(`The simulated day has no such ${type}`);
      return found;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The rows with one of them as someone who recomputes all hashes would leave it. */
export function withForged<Type extends LoggedEvent['type']>(
  rows: readonly StoredRow[],
  row: StoredRow,
  change: (data: DataOf<Type>) => void,
  envelope: Partial<StoredRow> = {},
): StoredRow[] {
  const data = dataOf<Type>(row);
  change(data);
  const changed = rehashed(sha256, { ...row, ...envelope, data: canonicalJson(data) });
  return rows.map((other) => (other === row ? changed : other));
}

export function checkOf(report: AuditReport, name: CheckName): CheckReport {
  return report.checks.find((one) => one.name === name)!;
}

export function failing(report: AuditReport): CheckName[] {
  return report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

export function positionsNamed(report: AuditReport, name: CheckName): (number | undefined)[] {
  return checkOf(report, name).failures.map(({ position }) => position);
}
