/** A log of some PoDs' packets in four months, the older two of them in its archive, and the time to read a PoD's month. */
import { type MeterEvent, MTU_MS, meterStream, podIdOf } from '@flexledger/domain';
import { archiveEvents, type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { sha256Hex, uuidFrom } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';

export interface PeriodsWanted {
  /** Of the log, which is made. */
  readonly path: string;
  readonly pods: number;
  /** Quarter-hours of each month. */
  readonly quarterHours: number;
  /** An instant of the month that goes on. */
  readonly nowMs: number;
}

/** Reading a month of one PoD, from the first packet to the last, each PoD by itself. */
export interface PeriodRead {
  /** `yyyy-mm`. */
  readonly month: string;
  readonly standsIn: 'log' | 'archive';
  readonly packets: number;
  /** Of the PoDs. */
  readonly medianMs: number;
  readonly worstMs: number;
}

/** Months before this one of which packets stand in the log's own file. */
const HOT_MONTHS_BEFORE = 1;

/** This month and the one before stay in the log; the one before those, and January of last year, go into the archive. */
export async function measurePeriods(wanted: PeriodsWanted): Promise<readonly PeriodRead[]> {
  const { path, nowMs } = wanted;
  const lastYear = new Date(nowMs).getUTCFullYear() - 1;
  const months = [Date.UTC(lastYear), ...[-2, -1, 0].map((offset) => monthStart(nowMs, offset))];
  await write(wanted, months);
  const before = monthOf(monthStart(nowMs, -HOT_MONTHS_BEFORE));
  const { files } = await archiveEvents({ path, before, streamPrefix: 'meter-' });
  const archived = new Set(files.map(({ month }) => month));
  const store = openSqliteEventStore({ path, clock: { nowMs: () => nowMs }, readOnly: true });
  try {
    const reads: PeriodRead[] = [];
    for (const month of months.map(monthOf).reverse()) {
      const read = await readMonth(store, month, wanted);
      reads.push({ ...read, month, standsIn: archived.has(month) ? 'archive' : 'log' });
    }
    return reads;
  } finally {
    await store.close();
  }
}

async function write(
  { path, pods, quarterHours }: PeriodsWanted,
  months: readonly number[],
): Promise<void> {
  let clockMs = 0;
  const store = openSqliteEventStore({
    path,
    clock: { nowMs: () => clockMs },
    durability: 'when-closed',
  });
  for (const monthMs of months) {
    for (let quarterHour = 0; quarterHour < quarterHours; quarterHour += 1) {
      const startMs = monthMs + quarterHour * MTU_MS;
      clockMs = startMs + MTU_MS / 2;
      await Promise.all(
        Array.from({ length: pods }, (_, pod) => append(store, pod, quarterHour, startMs)),
      );
    }
  }
  await store.close();
}

function append(store: EventStore, pod: number, sequence: number, startMs: number) {
  const podId = podIdOf(pod);
  const mtuStart = isoFromMs(startMs);
  const hash = sha256Hex(`${podId}/${mtuStart}`);
  const inputData = {
    podId,
    sequence,
    mtuStart,
    withdrawnWh: 100 + (sequence % 50),
    injectedWh: 0,
    reactiveVarh: 10,
    withdrawnTotalWh: 4_000_000 + sequence * 150,
    injectedTotalWh: 0,
  };
  // Of a signature's length, and as little to compress.
  const signedHash = hash + sha256Hex(hash);
  const measured: MeterEvent = {
    type: 'MeasurementRecorded',
    data: { podId, sequence, inputData, hash, signedHash },
  };
  const id = uuidFrom(hash);
  const ids = { id, correlationId: id, causationId: id };
  return store.append(meterStream(podId, mtuStart), sequence === 0 ? 'noStream' : sequence - 1, [
    { ...measured, ...ids, schemaVersion: 1, occurredAt: mtuStart, actor: `node:${podId}` },
  ]);
}

/** @throws Error where a packet is missing */
async function readMonth(
  store: EventStore,
  month: string,
  { pods, quarterHours }: PeriodsWanted,
): Promise<Pick<PeriodRead, 'packets' | 'medianMs' | 'worstMs'>> {
  const timesMs: number[] = [];
  for (let pod = 0; pod < pods; pod += 1) {
    const fromMs = performance.now();
    let packets = 0;
    for await (const { revision } of store.readStream(meterStream(podIdOf(pod), month))) {
      if (revision === packets) packets += 1;
    }
    timesMs.push(performance.now() - fromMs);
    if (packets !== quarterHours) {
      throw new Error(`${podIdOf(pod)} has ${packets} of ${quarterHours} packets in ${month}.`);
    }
  }
  timesMs.sort((one, other) => one - other);
  const medianMs = timesMs[Math.floor(timesMs.length / 2)]!;
  return { packets: quarterHours, medianMs, worstMs: timesMs.at(-1)! };
}

function monthStart(epochMs: number, offset: number): number {
  const date = new Date(epochMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset);
}

const monthOf = (epochMs: number): string => isoFromMs(epochMs).slice(0, 7);
