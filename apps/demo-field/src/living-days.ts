/** The days that a demo's customers live after the simulated one: the same people, other weather and whims. */
import { MTU_MS, type DeliveryPeriod, civilDay, deliveryDay } from '@flexledger/domain';
import {
  type ForecastShapes,
  customerForecastW,
  forecastBasis,
  forecastShapes,
} from '@flexledger/dso-technical-platform';
import type { NaturalPower } from '@flexledger/edge-node';
import { limitsOf } from '@flexledger/grid-operations';
import { type LoadedRulePack, gridFile } from '@flexledger/service-kit';
import {
  type ScenarioPod,
  drawClouds,
  drawScenario,
  naturalPowerW,
  naturalVar,
} from '@flexledger/scenario';
import { DEMO_GRID, type DemoDay } from './demo-day';

const DAY_MS = 86_400_000;

interface LivingDay {
  readonly period: DeliveryPeriod;
  readonly shapes: ForecastShapes;
  readonly clouds: Float64Array;
  /** Draws of this day follow from it. */
  readonly seed: number;
}

/** A demo's customers, on any day. */
export interface LivingDays {
  readonly pods: readonly ScenarioPod[];
  /** What a customer does at an instant when nobody asks for anything. */
  naturalAt(pod: ScenarioPod): (instantMs: number) => NaturalPower;
  /** What is forecast of a customer for a civil day, W by MTU, as on the simulated day. */
  baselineW(pod: ScenarioPod, day: string): readonly number[];
}

/** Draws the customers of a demo again, as its simulation drew them. */
export function livingDays({ seed, pods }: DemoDay, { rulePack }: LoadedRulePack): LivingDays {
  const { timeZone, baseline } = rulePack;
  const scenario = drawScenario(seed, pods, DEMO_GRID, gridFile(DEMO_GRID), limitsOf(rulePack));
  const basis = forecastBasis(timeZone, baseline.holidays);
  let last: readonly [string, LivingDay] | undefined;

  /** Kept until another is asked for: all customers live on the same one. */
  function dayOf(day: string): LivingDay {
    if (last?.[0] === day) return last[1];
    const period = deliveryDay(day, timeZone);
    const ofDay = seed + Math.floor(period.startMs / DAY_MS);
    const living = {
      period,
      shapes: forecastShapes(day, period, basis),
      clouds: drawClouds(period.mtuCount, ofDay),
      seed: ofDay,
    };
    last = [day, living];
    return living;
  }

  return {
    pods: scenario.pods,
    baselineW: (pod, day) => customerForecastW(pod, dayOf(day).shapes),
    naturalAt(pod) {
      let lived: { readonly startMs: number; readonly powerW: readonly number[] } | undefined;
      return (instantMs) => {
        let mtu = lived ? Math.floor((instantMs - lived.startMs) / MTU_MS) : -1;
        if (!lived || mtu < 0 || mtu >= lived.powerW.length) {
          const { period, shapes, clouds, seed: ofDay } = dayOf(civilDay(instantMs, timeZone));
          const powerW = naturalPowerW(pod, shapes, clouds, ofDay);
          lived = { startMs: period.startMs, powerW };
          mtu = Math.floor((instantMs - period.startMs) / MTU_MS);
        }
        const powerW = lived.powerW[mtu]!;
        return { powerW, reactiveVar: naturalVar(powerW) };
      };
    },
  };
}
