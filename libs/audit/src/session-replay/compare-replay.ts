/** What a replay changes, in money: of the session, of each aggregator and of each PoD. */
import {
  type OutcomeRow,
  type SettlementRow,
  canonicalJson,
  finalRows,
  moneyMicroEur,
  netMicroEur,
  withoutSalt,
} from '@flexledger/domain';
import { publishedRows } from '../replay';
import { type ReplayedSession, type ReplayedValidation, sameAllocation } from './replay-session';
import type { SessionRecord } from './session-record';

/** What the market bought. */
export interface MarketFigures {
  readonly rows: number;
  readonly acceptedWMtu: number;
  /** If all of it is delivered. */
  readonly costMicroEur: number;
}

/** What was paid for it. */
export interface SettlementFigures {
  readonly rows: number;
  readonly unmeasuredMtus: number;
  readonly deliveredWMtu: number;
  readonly paidMicroEur: number;
  readonly penaltyMicroEur: number;
  readonly netMicroEur: number;
  /** Rows by the method that their baseline was found with, and the note on it. */
  readonly baselines: Readonly<Record<string, number>>;
}

/** Net of one aggregator or PoD. */
export interface NetChange {
  readonly id: string;
  readonly recordedMicroEur: number;
  readonly replayedMicroEur: number;
  readonly differenceMicroEur: number;
}

export interface ReplayComparison {
  readonly market: {
    readonly recorded: MarketFigures;
    readonly replayed: MarketFigures;
    /** The same quantities to the same requests, at whatever price. */
    readonly sameAllocation: boolean;
    /** The rows are equal byte for byte. */
    readonly identical: boolean;
    readonly validation: ReplayedValidation;
  };
  readonly settlement: {
    /** null when the session is not settled yet. */
    readonly recorded: SettlementFigures | null;
    readonly replayed: SettlementFigures;
    readonly identical: boolean;
    readonly differenceMicroEur: number | null;
  };
  /** By aggregator and by PoD, those with a difference only; empty while nothing is settled. */
  readonly aggregators: readonly NetChange[];
  readonly pods: readonly NetChange[];
}

/** Compares a session as it is recorded with its replay. */
export function compareReplay(
  { session, settlement }: SessionRecord,
  replayed: ReplayedSession,
): ReplayComparison {
  const [before, after] = [publishedRows(session), finalRows(replayed.session)];
  const settled = settlement?.rows.map(withoutSalt) ?? null;
  const { rows } = replayed.settlement;
  const changes = (keyOf: (row: SettlementRow) => string): NetChange[] =>
    settled === null ? [] : netChanges(settled, rows, keyOf);
  return {
    market: {
      recorded: marketFigures(before),
      replayed: marketFigures(after),
      sameAllocation: sameAllocation(before, after),
      identical: isIdentical(before, after),
      validation: replayed.validation,
    },
    settlement: {
      recorded: settled && settlementFigures(settled),
      replayed: settlementFigures(rows),
      identical: settled !== null && isIdentical(settled, rows),
      differenceMicroEur: settled && netMicroEur(rows) - netMicroEur(settled),
    },
    aggregators: changes(({ aggregatorId }) => aggregatorId),
    pods: changes(({ podId }) => podId),
  };
}

function isIdentical(one: readonly object[], other: readonly object[]): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function marketFigures(rows: readonly OutcomeRow[]): MarketFigures {
  const cost = ({ acceptedW, priceMicroEurPerKwh }: OutcomeRow): number =>
    sum(acceptedW.map((watts, index) => moneyMicroEur(watts, priceMicroEurPerKwh[index]!)));
  return {
    rows: rows.length,
    acceptedWMtu: sum(rows.map(({ acceptedW }) => sum(acceptedW))),
    costMicroEur: sum(rows.map(cost)),
  };
}

function settlementFigures(rows: readonly SettlementRow[]): SettlementFigures {
  const total = (of: (row: SettlementRow) => readonly number[]): number =>
    sum(rows.map((row) => sum(of(row))));
  const baselines: Record<string, number> = {};
  for (const { baselineMethod = 'nominated', baselineNote } of rows) {
    const told =
      baselineNote === undefined ? baselineMethod : `${baselineMethod} (${baselineNote})`;
    baselines[told] = (baselines[told] ?? 0) + 1;
  }
  return {
    rows: rows.length,
    unmeasuredMtus: total(({ measuredW }) => measuredW.map((watts) => (watts === null ? 1 : 0))),
    deliveredWMtu: total(({ deliveredW }) => deliveredW),
    paidMicroEur: total(({ paidMicroEur }) => paidMicroEur),
    penaltyMicroEur: total(({ penaltyMicroEur }) => penaltyMicroEur),
    netMicroEur: netMicroEur(rows),
    baselines,
  };
}

/** The largest difference first. */
function netChanges(
  recorded: readonly SettlementRow[],
  replayed: readonly SettlementRow[],
  keyOf: (row: SettlementRow) => string,
): NetChange[] {
  const before = netBy(recorded, keyOf);
  const after = netBy(replayed, keyOf);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((id) => {
      const recordedMicroEur = before.get(id) ?? 0;
      const replayedMicroEur = after.get(id) ?? 0;
      const differenceMicroEur = replayedMicroEur - recordedMicroEur;
      return { id, recordedMicroEur, replayedMicroEur, differenceMicroEur };
    })
    .filter(({ differenceMicroEur }) => differenceMicroEur !== 0)
    .sort(
      (one, other) =>
        Math.abs(other.differenceMicroEur) - Math.abs(one.differenceMicroEur) ||
        (one.id < other.id ? -1 : 1),
    );
}

function netBy(
  rows: readonly SettlementRow[],
  keyOf: (row: SettlementRow) => string,
): Map<string, number> {
  const nets = new Map<string, number>();
  for (const row of rows) {
    nets.set(keyOf(row), (nets.get(keyOf(row)) ?? 0) + netMicroEur([row]));
  }
  return nets;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
