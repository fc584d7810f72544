/**
 * The stakeholders of a market. A party is named as `actor` names it in events: `dso`, `aggregator:AGG1`,
 * `customer:IT002E60776854`. Stream `party-{party}`.
 */

/**
 * What a party can be. An aggregator, a customer and a platform also have an id: their own, the code of
 * their PoD, their name.
 */
export const PARTY_KINDS = [
  'dso',
  'tso',
  'aggregator',
  'customer',
  'operator',
  'auditor',
  'platform',
] as const;
export type PartyKind = (typeof PARTY_KINDS)[number];

export type PartyEvent =
  | { readonly type: 'PartyRegistered'; readonly data: PartyData }
  | { readonly type: 'PartyDisabled'; readonly data: PartyDisabling }
  | { readonly type: 'PartyEnabled'; readonly data: { readonly party: string } };

export interface PartyData {
  readonly party: string;
  /** Of an organisation; null for a customer, whose name is personal and stands in a person's record. */
  readonly name: string | null;
}

export interface PartyDisabling {
  readonly party: string;
  readonly reason: string;
}

export const partyStream = (party: string): string => `party-${party}`;
