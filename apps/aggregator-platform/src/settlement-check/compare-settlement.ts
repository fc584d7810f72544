/** An aggregator's own settlement beside the market's, row by row, in money (FR_AP_SR_2). */
import { type DisputedRow, type SettlementRow, netMicroEur } from '@flexledger/domain';

/** What the two say of an aggregator's rows. */
export interface SettlementComparison {
  readonly settledMicroEur: number;
  readonly expectedMicroEur: number;
  /** Rows on which they come to other money, the largest difference first. */
  readonly disputed: readonly DisputedRow[];
}

/** Compares the market's rows of an aggregator with those it computes itself. */
export function compareSettlement(
  settled: readonly SettlementRow[],
  expected: readonly SettlementRow[],
): SettlementComparison {
  const mine = rowsByKey(expected);
  const theirs = rowsByKey(settled);
  const keys = [...new Set([...theirs.keys(), ...mine.keys()])];
  const disputed = keys.flatMap((key) => disputeOf(theirs.get(key), mine.get(key)));
  return {
    settledMicroEur: netMicroEur(settled),
    expectedMicroEur: netMicroEur(expected),
    disputed: disputed.sort((one, other) => distanceOf(other) - distanceOf(one)),
  };
}

function distanceOf({ settledMicroEur, expectedMicroEur }: DisputedRow): number {
  return Math.abs((settledMicroEur ?? 0) - (expectedMicroEur ?? 0));
}

/** Rows by what they are of; of equal ones (a request filled up in a later round) by their order. */
function rowsByKey(rows: readonly SettlementRow[]): Map<string, SettlementRow> {
  const byKey = new Map<string, SettlementRow>();
  for (const row of rows) {
    const name = `${row.podId}/${row.offerId}/${row.requestId}/${row.firstMtu}`;
    let place = 0;
    while (byKey.has(`${name}/${place}`)) place += 1;
    byKey.set(`${name}/${place}`, row);
  }
  return byKey;
}

function disputeOf(
  settled: SettlementRow | undefined,
  expected: SettlementRow | undefined,
): DisputedRow[] {
  const [settledMicroEur, expectedMicroEur] = [settled, expected].map((row) =>
    row ? netMicroEur([row]) : null,
  ) as [number | null, number | null];
  // A row that one of the two leaves out is no dispute while nothing is paid for it.
  if ((settledMicroEur ?? 0) === (expectedMicroEur ?? 0)) return [];
  const { offerId, requestId, podId } = (settled ?? expected)!;
  const reason = reasonOf(settled, expected);
  return [{ offerId, requestId, podId, settledMicroEur, expectedMicroEur, reason }];
}

/** Inputs before results: what a result follows from is the reason. */
const COMPARED = [
  ['acceptedW', 'accepted'],
  ['priceMicroEurPerKwh', 'price'],
  ['baselineW', 'baseline'],
  ['measuredW', 'measured'],
  ['deliveredW', 'delivered'],
  ['paidMicroEur', 'paid'],
  ['penaltyMicroEur', 'penalty'],
] as const;

function reasonOf(settled: SettlementRow | undefined, expected: SettlementRow | undefined): string {
  if (!settled) return 'the market settles no such row';
  if (!expected) return 'the aggregator was told of no such sale';
  const mtu = settled.acceptedW.findIndex(
    (_, index) => moneyAt(settled, index) !== moneyAt(expected, index),
  );
  for (const [field, name] of COMPARED) {
    const [theirs, mine] = [settled[field][mtu] ?? null, expected[field][mtu] ?? null];
    if (theirs !== mine) {
      return `MTU ${settled.firstMtu + mtu}: ${name} ${told(theirs)}, the aggregator has ${told(mine)}`;
    }
  }
  return `MTU ${settled.firstMtu + mtu}: equal inputs, other money`;
}

function moneyAt({ paidMicroEur, penaltyMicroEur }: SettlementRow, index: number): number {
  return (paidMicroEur[index] ?? 0) - (penaltyMicroEur[index] ?? 0);
}

function told(value: number | null): string {
  return value === null ? 'nothing' : String(value);
}
