/**
 * The settlement of one session from what the log holds, pure, because the audit computes it again
 * (DESIGN 11): its rows, what the other sessions of the delivery day sold for the same MTUs, and
 * what was expected and measured at its PoDs.
 */
import {
  type MarketSessionState,
  type MeteredPeriod,
  type RulePack,
  type ScheduledSession,
  type SettlementRow,
  type SoldRow,
  MTU_MINUTES,
  deliveryDay,
  finalRows,
  rowInPeriod,
  settle,
} from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';

const MTU_MS = MTU_MINUTES * 60_000;

/** What a settlement needs besides the session itself. */
export interface SettlementBasis {
  /** All sessions of the delivery day in the order in which they sell, the settled one among them. */
  readonly ofTheDay: readonly MarketSessionState[];
  /** Of the session's PoDs, W by MTU of the delivery day; a PoD without one is missing. */
  readonly baselines: ReadonlyMap<string, readonly number[]>;
  /** Of the session's PoDs, mean W by MTU of the session, null where nothing was measured. */
  readonly measured: ReadonlyMap<string, readonly (number | null)[]>;
}

export interface ComputedSettlement {
  readonly rows: SettlementRow[];
  /** SHA-256 of the canonical inputs: result, baselines and measurements. */
  readonly inputDigest: string;
}

/**
 * Settles a published session.
 *
 * @throws RangeError when a PoD has no baseline
 */
export function computeSettlement(
  session: ScheduledSession,
  { ofTheDay, baselines, measured }: SettlementBasis,
  rules: RulePack,
): ComputedSettlement {
  const { mtuCount, deliveryStart, deliveryDay: day } = session.schedule;
  const rows = finalRows(session);
  const shift = (Date.parse(deliveryStart) - deliveryDay(day, rules.timeZone).startMs) / MTU_MS;
  const period = meteredPeriod(mtuCount, shift, baselines, measured);
  const sold = rows.map((row) => ({ row, offset: row.firstMtu }));
  return {
    rows: settle(sold, otherSales(session, ofTheDay), period, rules.settlement),
    inputDigest: documentDigest({
      rows,
      baselines: Object.fromEntries(baselines),
      measured: Object.fromEntries(measured),
    }),
  };
}

/** What the other sessions of the delivery day sold for this session's MTUs. */
function otherSales(
  session: ScheduledSession,
  ofTheDay: readonly MarketSessionState[],
): { earlier: SoldRow[]; later: SoldRow[] } {
  const { sessionId, deliveryStart, mtuCount } = session.schedule;
  const earlier: SoldRow[] = [];
  const later: SoldRow[] = [];
  let sales = earlier;
  for (const other of ofTheDay) {
    if (other.status === 'unknown') continue;
    if (other.schedule.sessionId === sessionId) {
      sales = later;
      continue;
    }
    if (other.status !== 'published') continue;
    const startMs = Date.parse(other.schedule.deliveryStart);
    const shift = (Date.parse(deliveryStart) - startMs) / MTU_MS;
    for (const row of finalRows(other)) {
      const inPeriod = rowInPeriod(row, shift, mtuCount);
      if (inPeriod) sales.push(inPeriod);
    }
  }
  return { earlier, later };
}

function meteredPeriod(
  mtuCount: number,
  shift: number,
  baselines: ReadonlyMap<string, readonly number[]>,
  measured: ReadonlyMap<string, readonly (number | null)[]>,
): MeteredPeriod {
  const unmeasured = new Array<null>(mtuCount).fill(null);
  return {
    mtuCount,
    baselineOf: (podId, product) => {
      const baseline = product === 'P' ? baselines.get(podId) : undefined;
      if (!baseline) {
        throw new RangeError(
          `PoD ${podId} has no baseline for product ${product}; declare one before settlement`,
        );
      }
      return baseline.slice(shift, shift + mtuCount);
    },
    measuredOf: (podId) => measured.get(podId) ?? unmeasured,
  };
}
