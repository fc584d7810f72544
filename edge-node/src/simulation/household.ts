/** A household to try nodes on: what it does by itself follows from a seed and the hour of the day. */
import { MTU_MS } from '@flexledger/domain';
import { drawInteger, drawNormal, seededRandom } from '@flexledger/runtime';
import type { NaturalPower, PlantReach } from './simulated-plant';

export interface Household {
  /** W and var in the MTU that begins at an instant, when nobody asks for anything. */
  readonly naturalAt: (mtuStartMs: number) => NaturalPower;
  readonly reach: PlantReach;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** By how much the power of an MTU strays. */
const WHIM_W = 60;
const REACTIVE_SHARE = 0.2;

/** Morning and evening, by UTC: the hour of the peak, its height as drawn, and its width. */
const PEAKS = [
  { hour: 6.5, fromW: 300, toW: 900, hours: 1.2 },
  { hour: 18.5, fromW: 600, toW: 1_800, hours: 2 },
] as const;
const NOON = { hour: 11.5, hours: 2.4 };

/** One in two has a photovoltaic plant; its sun is the same every day, its whims are not. */
export function seededHousehold(seed: number | string): Household {
  const random = seededRandom(seed, 'household');
  const baseW = drawInteger(random, 120, 400);
  const peaks = PEAKS.map(({ hour, fromW, toW, hours }) => ({
    hour,
    heightW: drawInteger(random, fromW, toW),
    hours,
  }));
  const pvW = random.next() < 0.5 ? drawInteger(random, 2_000, 5_000) : 0;
  return {
    reach: { upW: 1_500, downW: 1_500, upVar: 500, downVar: 500 },
    naturalAt(mtuStartMs) {
      const hour = (mtuStartMs % DAY_MS) / HOUR_MS;
      const whimW = drawNormal(seededRandom(seed, `whim/${mtuStartMs / MTU_MS}`), 0, WHIM_W);
      const drawnW = peaks.reduce(
        (sum, peak) => sum + peak.heightW * bell(hour - peak.hour, peak.hours),
        baseW + whimW,
      );
      const powerW = Math.round(Math.max(0, drawnW) - pvW * bell(hour - NOON.hour, NOON.hours));
      return { powerW, reactiveVar: Math.round(REACTIVE_SHARE * powerW) + 0 };
    },
  };
}

/** 1 at the peak, falling off within some hours. */
function bell(hoursOff: number, width: number): number {
  return Math.exp(-((hoursOff / width) ** 2) / 2);
}
