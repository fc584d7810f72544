import { type Chain2Full, MTU_MS } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import type { DocumentStore, Page, PageRequest, Where } from '../document-store';
import { type MeasurementsDocument, measurementsKey, measurementsView } from './measurements-view';
import { type RejectedPacketDocument, rejectedPacketsView } from './rejected-packets-view';

/** One measured quarter-hour. */
export interface QuarterHourMeasurement {
  readonly mtuStartMs: number;
  readonly withdrawnWh: number;
  readonly injectedWh: number;
  readonly reactiveVarh: number;
  /** Where its meter has data set Chain2Full. */
  readonly chain2Full?: Chain2Full;
}

const DAY_MS = 86_400_000;

/**
 * Measured quarter-hours that start in `fromMs` (included) to `untilMs` (excluded), rising, for each
 * PoD in the order of `podIds`; those without a measurement are absent.
 */
export async function measurementsBetween(
  documents: DocumentStore,
  podIds: readonly string[],
  fromMs: number,
  untilMs: number,
): Promise<QuarterHourMeasurement[][]> {
  const days: string[] = [];
  for (let ms = Math.floor(fromMs / DAY_MS) * DAY_MS; ms < untilMs; ms += DAY_MS) {
    days.push(isoFromMs(ms).slice(0, 10));
  }
  const ids = podIds.flatMap((podId) => days.map((day) => measurementsKey(podId, day)));
  const docs = await documents.getMany(measurementsView, ids);
  return podIds.map((_, pod) =>
    docs
      .slice(pod * days.length, (pod + 1) * days.length)
      .flatMap((doc) => (doc ? quarterHours(doc) : []))
      .filter(({ mtuStartMs }) => mtuStartMs >= fromMs && mtuStartMs < untilMs),
  );
}

/** The first UTC day of which anything was measured; undefined before. */
export async function firstMeasuredDay(documents: DocumentStore): Promise<string | undefined> {
  const { items } = await documents.find(measurementsView, { orderBy: 'day', limit: 1 });
  return items[0]?.day;
}

/** Days of measurements, by PoD and day. @throws InvalidQuery */
export function findMeasurements(
  documents: DocumentStore,
  where: Where<MeasurementsDocument>,
  page: PageRequest = {},
): Promise<Page<MeasurementsDocument>> {
  return documents.find(measurementsView, { where, ...page });
}

/** Rejected packets, the last first. @throws InvalidQuery */
export function findRejectedPackets(
  documents: DocumentStore,
  where: Where<RejectedPacketDocument> = {},
  page: PageRequest = {},
): Promise<Page<RejectedPacketDocument>> {
  const order = { orderBy: 'position', descending: true } as const;
  return documents.find(rejectedPacketsView, { where, ...order, ...page });
}

/** The columns of a day as rows. */
export function quarterHours(doc: MeasurementsDocument): QuarterHourMeasurement[] {
  const midnightMs = msFromIso(`${doc.day}T00:00:00.000Z`);
  return doc.quarterHour.map((quarterHour, index) => {
    const chain2Full = doc.chain2Full?.[index];
    return {
      mtuStartMs: midnightMs + quarterHour * MTU_MS,
      withdrawnWh: doc.withdrawnWh[index]!,
      injectedWh: doc.injectedWh[index]!,
      reactiveVarh: doc.reactiveVarh[index]!,
      ...(chain2Full && { chain2Full }),
    };
  });
}
