/**
 * What an aggregator's operator has to know of (D3.3 A.2.2.2): raised when it is found, acknowledged with what the
 * operator did or why nothing, ended where its cause is gone. Stream `alarm-{aggregatorId}-{alarmId}`.
 */
import type { InfeasibleMtu } from '../dispatch/events';

/** What an alarm can be about; its names are the storage format. */
export const ALARM_KINDS = [
  'notDeliverable',
  'shortfall',
  'nodeSilent',
  'nodesSilent',
  'termsRefused',
  'noFlexibility',
  'offersRefused',
  'offersLost',
] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** A PoD with the reason, in words. */
export interface PodWithReason {
  readonly podId: string;
  readonly reason: string;
}

/** An offer with the reason, in words. */
export interface OfferWithReason {
  readonly offerId: string;
  readonly reason: string;
}

/** What is the matter. Instants ISO 8601 UTC; lists hold the first ones, counts all. */
export type AlarmFacts =
  | {
      /** A window cannot be delivered as sold. */
      readonly kind: 'notDeliverable';
      readonly windowStart: string;
      readonly infeasibleMtus: number;
      /** The one that misses most. */
      readonly worst: InfeasibleMtu;
    }
  | {
      /** A quarter-hour brought less than was sold, and its window is not over. */
      readonly kind: 'shortfall';
      readonly sessionId: string;
      readonly mtuStart: string;
      /** Of all PoDs that had sold in it and of which a measurement came. */
      readonly soldWh: number;
      readonly deliveredWh: number;
      /** PoDs that bring less than the settlement tolerates. */
      readonly podsShort: number;
      /** PoDs that had sold in it and of which nothing came. */
      readonly podsUnmeasured: number;
      /** The PoD that misses most. */
      readonly worst: {
        readonly podId: string;
        readonly soldWh: number;
        readonly deliveredWh: number;
      };
    }
  | {
      /** A Light Node has been cut off for longer than its operator is told at once. */
      readonly kind: 'nodeSilent';
      readonly podId: string;
      readonly since: string;
    }
  | {
      /** More Light Nodes than one alarm lists were cut off within minutes: one cause, so one alarm, for as long as many lack. */
      readonly kind: 'nodesSilent';
      /** When the first and the last of them were cut off. */
      readonly since: string;
      readonly until: string;
      readonly podCount: number;
      /** The first ones, in the order in which they were cut off. */
      readonly podIds: readonly string[];
      readonly lastPodId: string;
    }
  | {
      /** A customer refused the terms of an agreement. */
      readonly kind: 'termsRefused';
      readonly podId: string;
      readonly reason: string;
    }
  | {
      /** PoDs that cannot be offered in the session that comes. */
      readonly kind: 'noFlexibility';
      readonly sessionId: string;
      readonly deliveryDay: string;
      readonly gateClosesAt: string;
      readonly podCount: number;
      readonly pods: readonly PodWithReason[];
    }
  | {
      /** The market took some offers of a bid not onto its book. */
      readonly kind: 'offersRefused';
      readonly sessionId: string;
      readonly offerCount: number;
      readonly offers: readonly OfferWithReason[];
    }
  | {
      /** Of offers that stood when a gate closed nothing was accepted. */
      readonly kind: 'offersLost';
      readonly sessionId: string;
      /** Offers that stood. */
      readonly offered: number;
      readonly offerCount: number;
      readonly offers: readonly OfferWithReason[];
    };

/** PoDs or offers that one alarm lists; how many there are it says beside. */
export const ALARM_ROWS_SHOWN = 20;

/** Characters of an action or a reason. */
export const ALARM_WORDS_MAX = 500;

interface OfAlarm {
  readonly aggregatorId: string;
  readonly alarmId: string;
}

export type AlarmEvent =
  | { readonly type: 'AlarmRaised'; readonly data: OfAlarm & { readonly facts: AlarmFacts } }
  | {
      /** An operator has seen to it, or says why nobody has to: one of the two is null. */
      readonly type: 'AlarmAcknowledged';
      readonly data: OfAlarm & {
        readonly action: string | null;
        readonly reason: string | null;
      };
    }
  | { readonly type: 'AlarmEnded'; readonly data: OfAlarm };

export const alarmStream = (aggregatorId: string, alarmId: string): string =>
  `alarm-${aggregatorId}-${alarmId}`;
