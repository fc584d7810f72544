import type { ForecastShapes } from '@flexledger/dso-technical-platform';
import { drawNormal, seededRandom } from '@flexledger/runtime';
import type { ScenarioPod } from './scenario';

/** Persistence and spread of what standard profiles cannot know, from one quarter-hour to the next. */
const LOAD_NOISE = { persistence: 0.9, deviation: 0.06 };
const CLOUD_NOISE = { persistence: 0.95, deviation: 0.04 };
/** Mean part of the clear-sky yield that reaches the modules. */
const CLOUD_MEAN = 0.9;

/** Reactive power beside the active power that a customer draws. */
const VAR_PER_W = 0.3;

/** Reactive power of a customer at its natural power, or at what is forecast of that; var. */
export const naturalVar = (powerW: number): number => Math.round(Math.max(0, powerW) * VAR_PER_W);

/**
 * What a customer would draw without any market, W by MTU: its standard profile with noise that
 * lasts for hours, less its PV under that day's clouds, which are the same for everybody.
 */
export function naturalPowerW(
  pod: ScenarioPod,
  shapes: ForecastShapes,
  clouds: Float64Array,
  seed: number,
): number[] {
  const noise = persistentNoise(shapes.mtuCount, LOAD_NOISE, `${seed}/load/${pod.podId}`);
  const load = shapes.load[pod.customerKind];
  return Array.from(load, (perKwh, mtu) => {
    const loadW = Math.max(0, perKwh * pod.annualEnergyKwh * (1 + noise[mtu]!));
    return Math.round(loadW - shapes.pv[mtu]! * pod.pvPeakW * clouds[mtu]!);
  });
}

/** Part of the clear-sky yield by MTU. */
export function drawClouds(mtuCount: number, seed: number): Float64Array {
  return persistentNoise(mtuCount, CLOUD_NOISE, `${seed}/clouds`).map((noise) =>
    Math.min(1, Math.max(0.2, CLOUD_MEAN + noise)),
  );
}

function persistentNoise(
  length: number,
  { persistence, deviation }: { persistence: number; deviation: number },
  purpose: string,
): Float64Array {
  const random = seededRandom(0, purpose);
  let value = drawNormal(random, 0, deviation / Math.sqrt(1 - persistence ** 2));
  return Float64Array.from({ length }, () => {
    value = persistence * value + drawNormal(random, 0, deviation);
    return value;
  });
}
