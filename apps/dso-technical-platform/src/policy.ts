import type { Place } from '@flexledger/grid';

/** How a DSO acts in the market; nothing of it is a rule of the market. */
export interface DsoPolicy {
  /** Minutes after a gate opens at which the session is forecast. */
  readonly forecastMinutes: number;
  /** Minutes after the forecast at which its requests leave; until then an operator may hold them back. */
  readonly reviewMinutes: number;
  /** Where the sun shines on its customers' plants, degrees north and east. */
  readonly place: Place;
}

/** A DSO in Rome. */
export const DSO_POLICY: DsoPolicy = {
  forecastMinutes: 5,
  reviewMinutes: 5,
  place: { latitudeDegree: 41.9, longitudeDegree: 12.5 },
};
