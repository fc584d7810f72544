import { type ByQuadrant, MTU_MS, netReactiveVarh } from '@flexledger/domain';
import { type Clock, drawNormal, isoFromMs, type Random } from '@flexledger/runtime';
import type { EmsDriver, EmsTarget } from '../ems/ems-driver';
import { FREE } from '../ems/ems-driver';
import type { Meter, MeterReading } from '../meters/meter';

/** What a plant does in an MTU when nobody asks for anything, withdrawal positive. */
export interface NaturalPower {
  readonly powerW: number;
  readonly reactiveVar: number;
}

/** A customer's plant behind one PoD, from an instant on: what it does by itself, and what it can be made to do. */
export interface LivingPlant {
  /** Start of the first MTU. */
  readonly startMs: number;
  /** By MTU, counted from the first. */
  readonly naturalIn: (mtu: number) => NaturalPower;
  /** Furthest the plant can move from its natural power, in each direction (DESIGN 4: up lowers P). */
  readonly reach: PlantReach;
  /** Counters of the meter at `startMs`; the reactive one at 0 when absent. */
  readonly counters: {
    readonly withdrawnTotalWh: number;
    readonly injectedTotalWh: number;
    readonly reactiveTotalVarh?: number;
  };
  /** Whether its meter is a three-phase one that counts the quadrants apart (data set Chain2Full). */
  readonly countsQuadrants?: boolean;
}

/** A plant whose natural power is known in advance, and which lives no longer. */
export interface PlantScenario extends Omit<LivingPlant, 'naturalIn'> {
  /** By MTU. */
  readonly naturalW: readonly number[];
  readonly naturalVar: readonly number[];
}

export interface PlantReach {
  readonly upW: number;
  readonly downW: number;
  readonly upVar: number;
  readonly downVar: number;
}

/** The meter and the EMS of one simulated plant, on one clock. */
export interface SimulatedPlant {
  readonly meter: Meter;
  readonly ems: EmsDriver;
  /** The meter's registers now, for a simulated device that serves them. */
  reading(): MeterReading;
}

/**
 * How far the EMS misses its target: the households of the field trial kept theirs "with an error of
 * 100 W" (D3.5, figures 10 to 12).
 */
export const CONTROL_ERROR_W = 100;

/** One Wh in W·ms. */
const W_MS_PER_WH = 3_600_000;

/**
 * A plant of a scenario, as `livingPlant` has it.
 *
 * @throws RangeError when the arrays differ in length; later, from a reading beyond their end
 */
export function simulatedPlant(
  { naturalW, naturalVar, ...plant }: PlantScenario,
  clock: Clock,
  random: Random,
): SimulatedPlant {
  if (naturalW.length !== naturalVar.length) {
    throw new RangeError(
      `A plant needs as many MTUs of naturalVar (${naturalVar.length}) as of naturalW (${naturalW.length})`,
    );
  }
  const naturalIn = (mtu: number) => ({ powerW: naturalW[mtu]!, reactiveVar: naturalVar[mtu]! });
  const endMs = plant.startMs + naturalW.length * MTU_MS;
  return livingPlant({ ...plant, naturalIn }, clock, random, endMs);
}

/**
 * A plant whose power is constant within an MTU: the natural one, or while a target stands, the target
 * plus a control error (normal, deviation `CONTROL_ERROR_W` in W and in var, one draw an MTU), kept
 * within reach. Energy is counted in W·ms, whole numbers, so no reading ever loses any.
 *
 * @param random draws the errors MTU by MTU, so that what is asked when changes no other MTU's error
 * @throws RangeError later, from a reading before its start or after `endMs`
 */
export function livingPlant(
  { startMs, naturalIn, reach, counters, countsQuadrants = false }: LivingPlant,
  clock: Clock,
  random: Random,
  endMs = Infinity,
): SimulatedPlant {
  const errors: { readonly w: number; readonly var: number }[] = [];
  let target = FREE;
  let countedMs = startMs;
  let [withdrawnWMs, injectedWMs, reactiveVarMs] = [0, 0, 0];
  const quadrantVarMs: Record<keyof ByQuadrant, number> = {
    inductiveWithdrawnVarh: 0,
    capacitiveInjectedVarh: 0,
    inductiveInjectedVarh: 0,
    capacitiveWithdrawnVarh: 0,
  };

  // At the very end the meter still tells the last MTU's power.
  const lastMtu = (endMs - startMs) / MTU_MS - 1;
  const mtuAt = (instantMs: number): number =>
    Math.min(Math.floor((instantMs - startMs) / MTU_MS), lastMtu);
  const errorIn = (mtu: number) => {
    while (errors.length <= mtu) errors.push({ w: drawError(random), var: drawError(random) });
    return errors[mtu]!;
  };
  const powerIn = (mtu: number): number => {
    const natural = naturalIn(mtu).powerW;
    if (target.powerW === null) return natural;
    const aimed = target.powerW + errorIn(mtu).w;
    return clamp(aimed, natural - reach.upW, natural + reach.downW);
  };
  const reactiveIn = (mtu: number): number => {
    const natural = naturalIn(mtu).reactiveVar;
    if (target.reactiveVar === null) return natural;
    const aimed = target.reactiveVar + errorIn(mtu).var;
    return clamp(aimed, natural - reach.upVar, natural + reach.downVar);
  };
  /** Counts energy up to now. */
  const count = (): number => {
    const nowMs = clock.nowMs();
    if (nowMs < startMs || nowMs > endMs) {
      const end = endMs === Infinity ? 'on' : `to ${isoFromMs(endMs)}`;
      throw new RangeError(
        `The simulated plant lives from ${isoFromMs(startMs)} ${end}, ` +
          `not at ${isoFromMs(nowMs)}; give it a longer scenario.`,
      );
    }
    while (countedMs < nowMs) {
      const mtu = mtuAt(countedMs);
      const untilMs = Math.min(nowMs, startMs + (mtu + 1) * MTU_MS);
      const energyWMs = powerIn(mtu) * (untilMs - countedMs);
      if (energyWMs >= 0) withdrawnWMs += energyWMs;
      else injectedWMs -= energyWMs;
      const reactiveEnergyVarMs = reactiveIn(mtu) * (untilMs - countedMs);
      reactiveVarMs += reactiveEnergyVarMs;
      quadrantVarMs[quadrantOf(energyWMs, reactiveEnergyVarMs)] += Math.abs(reactiveEnergyVarMs);
      countedMs = untilMs;
    }
    return nowMs;
  };

  const reading = (): MeterReading => {
    const mtu = mtuAt(count());
    const whole = (varMs: number): number => Math.floor(varMs / W_MS_PER_WH);
    const quadrantTotals: ByQuadrant = {
      inductiveWithdrawnVarh: whole(quadrantVarMs.inductiveWithdrawnVarh),
      capacitiveInjectedVarh: whole(quadrantVarMs.capacitiveInjectedVarh),
      inductiveInjectedVarh: whole(quadrantVarMs.inductiveInjectedVarh),
      capacitiveWithdrawnVarh: whole(quadrantVarMs.capacitiveWithdrawnVarh),
    };
    // Whole counters of quadrants have their own net.
    const reactiveVarh = countsQuadrants ? netReactiveVarh(quadrantTotals) : whole(reactiveVarMs);
    return {
      withdrawnTotalWh: counters.withdrawnTotalWh + Math.floor(withdrawnWMs / W_MS_PER_WH),
      injectedTotalWh: counters.injectedTotalWh + Math.floor(injectedWMs / W_MS_PER_WH),
      reactiveTotalVarh: (counters.reactiveTotalVarh ?? 0) + reactiveVarh,
      ...(countsQuadrants && { quadrantTotals }),
      powerW: powerIn(mtu),
    };
  };
  return {
    meter: { read: async () => reading(), close: async () => {} },
    ems: {
      accept: async () => {},
      apply: async (wanted: EmsTarget) => {
        count();
        target = wanted;
      },
    },
    reading,
  };
}

/** By IEC 62053-23; what is neither withdrawn nor fed in counts as withdrawn. */
function quadrantOf(energy: number, reactiveEnergy: number): keyof ByQuadrant {
  if (energy >= 0)
    return reactiveEnergy >= 0 ? 'inductiveWithdrawnVarh' : 'capacitiveWithdrawnVarh';
  return reactiveEnergy >= 0 ? 'capacitiveInjectedVarh' : 'inductiveInjectedVarh';
}

function drawError(random: Random): number {
  return Math.round(drawNormal(random, 0, CONTROL_ERROR_W));
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}
