import type { ComputationParameters } from '@flexledger/domain';
import type { Place } from '@flexledger/grid';
import { EXPECTED_PRICES, type ExpectedPrices } from './requests/relief-model';

/**
 * How a DSO acts in the market; nothing of it is a rule of the market. Its computation parameters hold
 * until an administrator sets others, which the log keeps.
 */
export interface DsoPolicy extends ComputationParameters {
  /**
   * How a PoD that is registered finds its bus (flow 0a), the first that applies: where it was located by
   * hand, or the model has it; the bus that its registration names as supply point; of the buses below the
   * line or transformer that it names as feeder, the one with the least contracted power of located PoDs,
   * of equal ones the first in the model. `unnamed` says what becomes of one that names nothing: the same
   * over the whole grid, or an operator locates it. Buses are those of low voltage where there are any,
   * unless the connection is of medium voltage; the one that the grid is supplied from takes none.
   */
  readonly location: { readonly unnamed: 'leastLoadedBus' | 'byHand' };
  /** What it expects a kWh and a kvarh of flexibility to cost, one by the other. */
  readonly expectedPrices: ExpectedPrices;
  /** How long readings of phasors are kept. */
  readonly phasorHours: number;
  /** Where the sun shines on its customers' plants, degrees north and east. */
  readonly place: Place;
}

/** A DSO in Rome. */
export const DSO_POLICY: DsoPolicy = {
  forecastMinutes: 5,
  reviewMinutes: 5,
  location: { unnamed: 'leastLoadedBus' },
  expectedPrices: EXPECTED_PRICES,
  phasorHours: 24,
  place: { latitudeDegree: 41.9, longitudeDegree: 12.5 },
};
