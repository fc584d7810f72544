/**
 * What can happen to a point of delivery. Names and fields are the storage format: version them with
 * care. Stream `pod-{podId}`.
 */
import type { DayCurve } from './day-curve';
import { type Direction, type Product, type Requester, limitField } from '../units/units';

export const CUSTOMER_KINDS = ['household', 'commercial', 'agriculture'] as const;
export type CustomerKind = (typeof CUSTOMER_KINDS)[number];

export const SUPPLY_KINDS = ['supplyPoint', 'feeder'] as const;

/** What the aggregator knows of where the PoD is supplied; the DSO finds its bus by it. */
export interface SupplyHint {
  /** `supplyPoint`: a bus of the DSO's model; `feeder`: a line or transformer that it hangs below. */
  readonly by: (typeof SUPPLY_KINDS)[number];
  /** Its name in the DSO's model. */
  readonly code: string;
}

export const VOLTAGE_LEVELS = ['LV', 'MV'] as const;
export const FLEXIBILITY_TYPES = ['continuous', 'discrete'] as const;

/** The rest of what D2.4, table 3 and D3.3, 2.6 and A.3.2 know of a PoD. 0 where there is none of it. */
export interface PodConnection {
  /** Market zone. */
  readonly zone: string;
  readonly voltageLevel: (typeof VOLTAGE_LEVELS)[number];
  /** Most that may be withdrawn (pnP), fed in (inP), and the reactive powers (inQ, cnQ). */
  readonly withdrawalLimitW: number;
  readonly feedInLimitW: number;
  readonly inductiveLimitVar: number;
  readonly capacitiveLimitVar: number;
  readonly flexibilityType: (typeof FLEXIBILITY_TYPES)[number];
  /** Settlement mechanism, as the market lists them; null = the market's own. */
  readonly smartContractId: string | null;
  readonly meterSerialNumber: string;
  /** Generation of the smart meter: 1 or 2. */
  readonly meterGeneration: number;
  readonly storageW: number;
  readonly storageWh: number;
  readonly evChargerW: number;
  readonly cogenerationW: number;
}

/** The connection as the aggregator registers it (flow 0). */
export interface PodDetails {
  /** Aggregator (BSP) that offers this PoD's flexibility. */
  readonly aggregatorId: string;
  readonly customerKind: CustomerKind;
  readonly contractedPowerW: number;
  readonly annualEnergyKwh: number;
  /** Peak power of the PV plant behind the meter, 0 without one. */
  readonly pvPeakW: number;
  /** Wallet of the customer on the chain, 0x and 40 hex digits. */
  readonly wallet: string;
  /** Absent: the DSO finds a place by its own rule. */
  readonly supply?: SupplyHint;
  /** Absent: nothing more is known. */
  readonly connection?: PodConnection;
}

/** Most power a PoD can move in any one MTU, by product and direction: in all of them, or by the clock. */
export interface DeclaredFlexibility {
  readonly upW: DayCurve;
  readonly downW: DayCurve;
  readonly upVar: DayCurve;
  readonly downVar: DayCurve;
}

/** Where the DSO's model has a PoD. */
export interface PodLocation {
  readonly gridId: string;
  readonly busId: string;
  /** Primary substation the PoD hangs under. */
  readonly pom: string;
}

/**
 * What completes a location to the whole PoD, so that market and TSO are told it in one message (D3.3
 * FR_SCD_CA_4, FR_MP_I_1). A copy of what stands in the PoD's stream before.
 */
export interface PodRecord extends PodDetails {
  /** null: none was declared yet. */
  readonly flexibility: DeclaredFlexibility | null;
  readonly services: readonly PodService[];
}

export type PodEvent =
  | { readonly type: 'PodRegistered'; readonly data: { readonly podId: string } & PodDetails }
  | {
      readonly type: 'PodDetailsChanged';
      readonly data: { readonly podId: string } & PodDetails & {
          /** Where the DSO had located it; absent before, and in older logs. */
          readonly location?: PodLocation;
        };
    }
  | {
      readonly type: 'PodLocated';
      readonly data: {
        readonly podId: string;
        /** All that the register held of it then; absent in older logs. */
        readonly podRecord?: PodRecord;
      } & PodLocation;
    }
  | {
      readonly type: 'FlexibilityDeclared';
      readonly data: { readonly podId: string } & DeclaredFlexibility;
    }
  | {
      readonly type: 'BaselineDeclared';
      readonly data: {
        readonly podId: string;
        /** Civil day of delivery, ISO date. */
        readonly deliveryDay: string;
        /** Power at the PoD in each MTU of the day, withdrawal positive. */
        readonly baselineW: readonly number[];
        /** Reactive power in each MTU, inductive positive; absent = none is declared. */
        readonly baselineVar?: readonly number[];
        readonly origin: 'byHand' | 'imported' | 'forecast';
      };
    }
  | {
      readonly type: 'AvailabilityChanged';
      readonly data: {
        readonly podId: string;
        readonly deliveryDay: string;
        readonly available: boolean;
      };
    }
  | {
      /** Its aggregator's operator has flagged it in or out of the offers that are sent without him. */
      readonly type: 'AutomaticOffersChanged';
      readonly data: {
        readonly podId: string;
        readonly aggregatorId: string;
        readonly automaticOffers: boolean;
      };
    }
  | {
      /** The services its aggregator says it can perform; those left out are no longer asked for. */
      readonly type: 'ServicesNamed';
      readonly data: { readonly podId: string; readonly services: readonly PodService[] };
    }
  | {
      /** A system operator permits a service that was named (D3.3, 3.1, phase 1), or lifts its own refusal. */
      readonly type: 'ServiceQualified';
      readonly data: {
        readonly podId: string;
        readonly service: PodService;
        readonly qualifiedBy: Requester;
      };
    }
  | {
      /** A system operator forbids a service, named or not, until it qualifies it itself. */
      readonly type: 'ServiceRefused';
      readonly data: {
        readonly podId: string;
        readonly service: PodService;
        readonly refusedBy: Requester;
        readonly reason: string;
      };
    }
  | {
      readonly type: 'PodUnregistered';
      readonly data: { readonly podId: string; readonly reason: string };
    };

/** Events that say whose a PoD is, or that it is nobody's any more. */
export const CLAIMS_OF_PODS: ReadonlySet<string> = new Set<PodEvent['type']>([
  'PodRegistered',
  'PodDetailsChanged',
  'PodUnregistered',
]);

export const podStream = (podId: string): string => `pod-${podId}`;

/** Italian PoD code: country, distributor, `E`, eight or nine digits or letters (`IT002E60776854`). */
export const POD_ID = /^IT\d{3}E[0-9A-Z]{8,9}$/;

/** Code of the index-th PoD of an invented market, below ten million: `IT002E6` and seven digits. */
export function podIdOf(index: number): string {
  return `IT002E6${String(index).padStart(7, '0')}`;
}

/** What a PoD can be asked for (D3.3, 3.1): active power against congestions, reactive for the voltage. */
export const POD_SERVICES = ['congestionManagement', 'voltageManagement'] as const;
export type PodService = (typeof POD_SERVICES)[number];

/** The service that a product is offered for. */
export function serviceOf(product: Product): PodService {
  return product === 'P' ? 'congestionManagement' : 'voltageManagement';
}

/** The declared limit for one product and direction, W or var. */
export function declaredLimit(
  declared: DeclaredFlexibility,
  product: Product,
  direction: Direction,
): DayCurve {
  return declared[limitField(product, direction)];
}
