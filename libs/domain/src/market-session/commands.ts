import type { AgreementStatus } from '../agreement/events';
import type { DeclaredFlexibility } from '../pod/events';
import type { ServiceStandings } from '../pod/services';
import type { CalendarEntry } from '../rule-pack/calendar';
import type {
  FlexibilityOffer,
  FlexibilityRequest,
  OutcomeRow,
  RequestResult,
  RowValidation,
} from './events';

/** What the register knows of a PoD that may be offered. */
export interface MarketPod {
  readonly aggregatorId: string;
  readonly pom: string;
  readonly flexibility: DeclaredFlexibility;
  /** The customer has switched availability off for these delivery days. */
  readonly unavailableDays: readonly string[];
  /** With its customer, the last one; absent where none was ever proposed. */
  readonly agreement?: AgreementStatus;
  /** What it can be asked for; absent = nothing is named or refused. */
  readonly services?: ServiceStandings;
}

/** The PoD register, as it stands when the command is given. */
export interface MarketRegister {
  pod(podId: string): MarketPod | undefined;
  hasPom(pom: string): boolean;
}

/** What a clearing found, before it is split into events. */
export interface ClearingRecord {
  readonly round: number;
  readonly algorithm: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly inputDigest: string;
  readonly gap: object | null;
  readonly rows: readonly OutcomeRow[];
  readonly requests: readonly RequestResult[];
}

/** `nowMs` is the time at which the platform takes the command. */
export type MarketSessionCommand =
  | {
      readonly kind: 'schedule';
      readonly entry: CalendarEntry;
      readonly rulePackDigest: string;
      readonly registerPosition: number;
    }
  | { readonly kind: 'open'; readonly nowMs: number }
  | {
      readonly kind: 'requestFlexibility';
      readonly nowMs: number;
      readonly request: FlexibilityRequest;
      readonly register: MarketRegister;
    }
  | { readonly kind: 'withdrawRequest'; readonly nowMs: number; readonly requestId: string }
  | {
      readonly kind: 'offerFlexibility';
      readonly nowMs: number;
      readonly bidId: string;
      readonly aggregatorId: string;
      readonly offers: readonly FlexibilityOffer[];
      readonly register: MarketRegister;
      /** Local quarter-hour of each MTU of the session, 0 to 95: what a PoD declared goes by the clock. */
      readonly quarterHours: readonly number[];
      /**
       * As of the session's opening, per mille; undefined where nothing is known, as of all where absent.
       * `not-open`: the session had not opened when it was looked up.
       */
      readonly reliabilityOf?: 'not-open' | ((podId: string) => number | undefined);
    }
  | {
      readonly kind: 'withdrawOffers';
      readonly nowMs: number;
      readonly aggregatorId: string;
      readonly offerIds: readonly string[];
    }
  | { readonly kind: 'close'; readonly nowMs: number }
  | { readonly kind: 'recordClearing'; readonly clearing: ClearingRecord }
  | { readonly kind: 'sendForValidation'; readonly answerDueMs: number }
  | {
      readonly kind: 'recordValidation';
      readonly outcomeId: string;
      readonly validatedBy: 'DSO' | 'no-answer';
      readonly exceptions: readonly RowValidation[];
    }
  | { readonly kind: 'publish' }
  | { readonly kind: 'cancel'; readonly reason: string };
