/** A delivery day of a PoD by quarter-hour: measured, declared, asked for. W, withdrawal positive. */
import type { Schemas } from '@flexledger/api-client';

export interface PodDay {
  /** Starts of the quarter-hours, epoch ms. */
  readonly times: readonly number[];
  readonly measuredW: readonly (number | null)[];
  readonly baselineW: readonly (number | null)[];
  /** Setpoints that were sent. */
  readonly targetW: readonly (number | null)[];
}

export interface PodDaySources {
  readonly startMs: number;
  readonly mtuCount: number;
  readonly measured: readonly {
    readonly mtuStart: string;
    readonly withdrawnWh: number;
    readonly injectedWh: number;
  }[];
  readonly baselineW: readonly number[] | null;
  readonly setpoints: readonly Pick<
    Schemas['ActivationDocument'],
    'windowStart' | 'targetW' | 'status'
  >[];
}

/** A quarter-hour. */
export const MTU_MS = 900_000;
const MTUS_PER_HOUR = 4;

export function podDay(sources: PodDaySources): PodDay {
  const { startMs, mtuCount, measured, baselineW, setpoints } = sources;
  const times = Array.from({ length: mtuCount }, (_, mtu) => startMs + mtu * MTU_MS);
  const measuredW = new Array<number | null>(mtuCount).fill(null);
  const targetW = new Array<number | null>(mtuCount).fill(null);
  const mtuOf = (at: string): number => (Date.parse(at) - startMs) / MTU_MS;
  for (const { mtuStart, withdrawnWh, injectedWh } of measured) {
    const mtu = mtuOf(mtuStart);
    if (mtu >= 0 && mtu < mtuCount) measuredW[mtu] = (withdrawnWh - injectedWh) * MTUS_PER_HOUR;
  }
  for (const { windowStart, targetW: watts, status } of setpoints) {
    if (status === 'failed') continue;
    watts.forEach((value, index) => {
      const mtu = mtuOf(windowStart) + index;
      if (mtu >= 0 && mtu < mtuCount && value !== null) targetW[mtu] = value;
    });
  }
  return { times, measuredW, baselineW: times.map((_, mtu) => baselineW?.[mtu] ?? null), targetW };
}

/** Where a civil day of a zone begins, and how many quarter-hours it has: 92 and 100 when clocks change. */
export function civilDayOf(
  date: string,
  civilDay: (epochMs: number) => string,
): { readonly startMs: number; readonly mtuCount: number } {
  const noonMs = Date.parse(`${date}T12:00:00Z`);
  let startMs = noonMs - 26 * 3_600_000;
  while (civilDay(startMs) < date) startMs += MTU_MS;
  let endMs = startMs + 22 * 3_600_000;
  while (civilDay(endMs) <= date) endMs += MTU_MS;
  return { startMs, mtuCount: (endMs - startMs) / MTU_MS };
}
