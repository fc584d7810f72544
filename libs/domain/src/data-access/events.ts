/**
 * Who reads data beyond those whom the market's own rules let (ADR 23): readers ask, the owner of the data
 * grants and revokes. Stream `data-access-{source}`.
 */

/** What an owner can grant; everything else is read by right or not at all. */
export const DATA_SETS = ['measurements', 'livePower', 'baselines', 'setpoints', 'grid'] as const;
export type DataSet = (typeof DATA_SETS)[number];

/** Data sets of a PoD, which its customer owns; `grid` is the DSO's. */
const POD_DATA_SETS = DATA_SETS.filter((dataSet) => dataSet !== 'grid');

/** The one source that is no PoD: the DSO's grid, its models, forecasts, violations, estimates and weather. */
export const GRID_SOURCE = 'grid';

/** Data of one source and who would read it, or reads it. */
interface Reading {
  /** Code of a PoD, or `grid`. */
  readonly source: string;
  /** A party as events name it (`aggregator:AGG2`). */
  readonly reader: string;
}

export interface DataAccessRequest extends Reading {
  /** In the order of `DATA_SETS`. */
  readonly dataSets: readonly DataSet[];
  /** What for, in the reader's words to the owner. */
  readonly purpose: string;
}

export interface DataAccessGrant extends Reading {
  /** Whose data it is, who has granted it. */
  readonly owner: string;
  /** All that the reader reads from then on, in the order of `DATA_SETS`; those of before are replaced. */
  readonly dataSets: readonly DataSet[];
  /** 16 random bytes, hex: without them nobody finds a grant in what the chain holds of it. */
  readonly salt: string;
}

export interface DataAccessRevocation extends Reading {
  readonly owner: string;
  readonly reason: string;
  /** As of a grant. */
  readonly salt: string;
}

export interface DataAccessRefusal extends Reading {
  readonly owner: string;
  readonly reason: string;
}

export type DataAccessEvent =
  | { readonly type: 'DataAccessRequested'; readonly data: DataAccessRequest }
  | { readonly type: 'DataAccessGranted'; readonly data: DataAccessGrant }
  | { readonly type: 'DataAccessRevoked'; readonly data: DataAccessRevocation }
  | { readonly type: 'DataAccessRefused'; readonly data: DataAccessRefusal };

export const dataAccessStream = (source: string): string => `data-access-${source}`;

/** The party that owns the data of a source: the customer of a PoD, the DSO for its grid. */
export function ownerOfSource(source: string): string {
  return source === GRID_SOURCE ? 'dso' : `customer:${source}`;
}

/** Data sets that a source has. */
export function dataSetsOf(source: string): readonly DataSet[] {
  return source === GRID_SOURCE ? ['grid'] : POD_DATA_SETS;
}
