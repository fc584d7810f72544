/** How an EMS that is spoken to in JSON is told a target, by REST or by MQTT. */
import { MTU_MINUTES, MTU_MS } from '@flexledger/domain';
import { isoFromMs } from '@flexledger/runtime';
import type { EmsSchedule, EmsTarget } from './ems-driver';

/** In which unit the EMS counts: W and var, or kW and kvar. */
export const EMS_UNITS = ['W', 'kW'] as const;
export type EmsUnit = (typeof EMS_UNITS)[number];

/** One minute more than an MTU, which each MTU renews: then the EMS lets go of the plant by itself. */
const VALID_MS = (MTU_MINUTES + 1) * 60_000;

/** A target as the EMS reads it; power at the PoD, positive when withdrawn, null where the plant is free. */
export interface ToldTarget {
  readonly unit: EmsUnit;
  readonly power: number | null;
  readonly reactivePower: number | null;
}

/** @returns the target in the EMS's unit */
export function toldTarget({ powerW, reactiveVar }: EmsTarget, unit: EmsUnit): ToldTarget {
  const inUnit = (value: number | null): number | null =>
    value === null || unit === 'W' ? value : value / 1_000;
  return { unit, power: inUnit(powerW), reactivePower: inUnit(reactiveVar) };
}

/** A target that holds from now on, and until when where the node does not renew it. */
export function toldNow(
  target: EmsTarget,
  unit: EmsUnit,
  nowMs: number,
): ToldTarget & { readonly validUntil: string } {
  return { ...toldTarget(target, unit), validUntil: isoFromMs(nowMs + VALID_MS) };
}

/** Targets of consecutive quarter-hours, told ahead. */
export function toldSchedule({ startMs, targets }: EmsSchedule, unit: EmsUnit): object {
  return {
    startAt: isoFromMs(startMs),
    endAt: isoFromMs(startMs + targets.length * MTU_MS),
    minutes: MTU_MINUTES,
    targets: targets.map((target) => toldTarget(target, unit)),
  };
}

/** Whether what an EMS says it holds is what it was told. */
export function isHeld(state: unknown, { unit, power, reactivePower }: ToldTarget): boolean {
  if (typeof state !== 'object' || state === null) return false;
  const told: Record<string, unknown> = { unit, power, reactivePower };
  return Object.entries(told).every(
    ([name, value]) => (state as Record<string, unknown>)[name] === value,
  );
}
