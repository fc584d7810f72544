import type { EventType } from './event-versions';

/**
 * How the `data` of an older version reads today: one step, from a version to the next. MUST be pure,
 * MUST NOT change what it is given, and MUST take every `data` that was ever written in that version.
 */
export interface Upcaster<Type extends string = string> {
  readonly type: Type;
  /** The version it reads; it gives the next one. */
  readonly from: number;
  readonly up: (data: object) => object;
}

/** One for each version that is not current any more, with what was true of all logs when it was written. */
export const upcasters: readonly Upcaster<EventType>[] = [
  {
    type: 'CheckpointSealed',
    from: 1,
    // The logs of release 0.1.0 have positions without gaps, from 0.
    up: (data) => ({ lastPosition: (data as { readonly size: number }).size - 1, ...data }),
  },
  // What is known of supply and connection since then was not known: the members are absent.
  { type: 'PodRegistered', from: 1, up: (data) => data },
  { type: 'RulePackAdopted', from: 1, up: (data) => data },
  { type: 'SessionScheduled', from: 1, up: (data) => data },
  // An offer could be as small as one liked: the member is absent.
  { type: 'RulePackAdopted', from: 2, up: (data) => data },
  { type: 'SessionScheduled', from: 2, up: (data) => data },
  { type: 'PodDetailsChanged', from: 1, up: (data) => data },
  // The place was told by the event before it alone, and the record by those before that.
  { type: 'PodDetailsChanged', from: 2, up: (data) => data },
  { type: 'PodLocated', from: 1, up: (data) => data },
  // Nobody could declare reactive power: the member is absent.
  { type: 'BaselineDeclared', from: 1, up: (data) => data },
  // One number for every MTU is one of the two forms that there are since then.
  { type: 'FlexibilityDeclared', from: 1, up: (data) => data },
  { type: 'FlexibilityOffered', from: 1, up: (data) => data },
  // Nobody's reliability was known: the member is absent.
  { type: 'FlexibilityOffered', from: 2, up: (data) => data },
  // No key had signed for the one after it: the member is absent.
  { type: 'KeyRotated', from: 1, up: (data) => data },
  // Nobody said what reactive power costs, and none was dispatched: the members are absent.
  { type: 'CostsDeclared', from: 1, up: (data) => data },
  { type: 'DispatchReported', from: 1, up: (data) => data },
  // Of reactive power nothing was told apart.
  { type: 'SettlementPublished', from: 1, up: (data) => data },
  // Rows had no salts, and no root: the members are absent.
  { type: 'SettlementComputed', from: 1, up: (data) => data },
  { type: 'SettlementPublished', from: 2, up: (data) => data },
  // An award named its session and correction only: the member is absent.
  { type: 'TokensAwarded', from: 1, up: (data) => data },
  // Silent nodes were told one by one.
  { type: 'AlarmRaised', from: 1, up: (data) => data },
  // No node had signed its anomalies: the member is absent.
  { type: 'AnomalyRaised', from: 1, up: (data) => data },
  { type: 'AnomalyCleared', from: 1, up: (data) => data },
  // No meter counted its quadrants apart: the member is absent.
  { type: 'MeasurementRecorded', from: 1, up: (data) => data },
  // No packet was refused for its counters before.
  { type: 'PacketRejected', from: 1, up: (data) => data },
  // Where in the grid a request is for was not told: the member is absent.
  { type: 'FlexibilityRequested', from: 1, up: (data) => data },
  { type: 'RequestPlanned', from: 1, up: (data) => data },
  // What those who can help could give together was not told: the members are absent.
  { type: 'ViolationDetected', from: 1, up: (data) => data },
];
