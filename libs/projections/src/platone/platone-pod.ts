/**
 * A PoD in the names and units of the seeds (D2.4, table 3): kW and kvar with three decimals, curves of 24
 * hours by 15 minutes of the local clock. What they spell otherwise (`continue`) is spelt as there.
 */
import {
  CURVE_QUARTER_HOURS,
  type DayCurve,
  MTU_MINUTES,
  type PodConnection,
} from '@flexledger/domain';
import type { BaselineDocument } from '../pod-register/baselines-view';
import type { PodChange, PodDocument } from '../pod-register/pod-register-view';

/** Powers by quarter-hour, kW and kvar; null where nothing is declared. */
interface PowerCurves {
  readonly p: readonly number[] | null;
  readonly q: readonly number[] | null;
}

/** Table 3, field by field; null for what is not known. */
export interface PlatonePod {
  readonly podId: string;
  readonly aggregatorId: string | null;
  readonly zone: string | null;
  /** Point of measurement: the primary substation that the DSO has located it under. */
  readonly poMId: string | null;
  /** Active power withdrawn and fed in at most, kW. */
  readonly pnP: number | null;
  readonly inp: number | null;
  /** Inductive and capacitive reactive power at most, kvar. */
  readonly inq: number | null;
  readonly cnq: number | null;
  /** When its aggregator last sent something of it, and since when the record is as it is; ISO 8601. */
  readonly sendTime: string | null;
  readonly validityStart: string | null;
  readonly flexibilityType: 'continue' | 'discrete' | null;
  readonly actionType: PodChange['action'] | null;
  readonly smartContractId: string | null;
  /** Hours and minutes. */
  readonly powerCurvesDuration: number;
  readonly powerCurveInterval: number;
  /** The baseline of a delivery day, by MTU of that day (92, 96 or 100); null where none is declared. */
  readonly powerBaselineCurves: ({ readonly deliveryDay: string } & PowerCurves) | null;
  /** Most it can move in each direction; null where nothing is declared. */
  readonly maxFlexibility: { readonly up: PowerCurves; readonly down: PowerCurves } | null;
  readonly wallet: string | null;
}

type ConnectionFields = Pick<
  PlatonePod,
  'zone' | 'pnP' | 'inp' | 'inq' | 'cnq' | 'flexibilityType' | 'smartContractId'
>;

const NO_CONNECTION: ConnectionFields = {
  zone: null,
  pnP: null,
  inp: null,
  inq: null,
  cnq: null,
  flexibilityType: null,
  smartContractId: null,
};

const CURVE_HOURS = 24;
const MILLI = 1_000;

/** @param baseline of the delivery day that is asked for, or declared last */
export function platonePod(pod: PodDocument, baseline: BaselineDocument | undefined): PlatonePod {
  const { podId, aggregatorId, pom, details, flexibility, lastChange } = pod;
  const { zone, flexibilityType, smartContractId, ...limits } = connectionFields(
    details?.connection,
  );
  const curves = (p: DayCurve, q: DayCurve): PowerCurves => ({ p: kiloCurve(p), q: kiloCurve(q) });
  return {
    podId,
    aggregatorId,
    zone,
    poMId: pom,
    ...limits,
    sendTime: lastChange?.sentAt ?? null,
    validityStart: lastChange?.validFrom ?? null,
    flexibilityType,
    actionType: lastChange?.action ?? null,
    smartContractId,
    powerCurvesDuration: CURVE_HOURS,
    powerCurveInterval: MTU_MINUTES,
    powerBaselineCurves: baseline
      ? {
          deliveryDay: baseline.deliveryDay,
          p: kiloCurve(baseline.baselineW),
          q: baseline.baselineVar && kiloCurve(baseline.baselineVar),
        }
      : null,
    maxFlexibility: flexibility && {
      up: curves(flexibility.upW, flexibility.upVar),
      down: curves(flexibility.downW, flexibility.downVar),
    },
    wallet: details?.wallet ?? null,
  };
}

function kiloCurve(curve: DayCurve): number[] {
  const values =
    typeof curve === 'number' ? new Array<number>(CURVE_QUARTER_HOURS).fill(curve) : curve;
  return values.map((value) => value / MILLI);
}

function connectionFields(connection: PodConnection | undefined): ConnectionFields {
  if (!connection) return NO_CONNECTION;
  const { zone, flexibilityType, smartContractId } = connection;
  return {
    zone,
    pnP: connection.withdrawalLimitW / MILLI,
    inp: connection.feedInLimitW / MILLI,
    inq: connection.inductiveLimitVar / MILLI,
    cnq: connection.capacitiveLimitVar / MILLI,
    flexibilityType: flexibilityType === 'continuous' ? 'continue' : flexibilityType,
    smartContractId,
  };
}
