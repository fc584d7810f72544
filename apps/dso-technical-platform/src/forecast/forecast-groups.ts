/** A session's forecast of the market's customers, added up by what they are (D3.3 2.6). */
import { type PodDetails, plantGroupsOf } from '@flexledger/domain';

/** By what customers are told apart. */
export const FORECAST_GROUPINGS = ['customerKind', 'voltageLevel', 'plant'] as const;
export type ForecastGrouping = (typeof FORECAST_GROUPINGS)[number];

/** What was forecast of one customer, and what it is; undefined where the register has it no longer. */
export interface GroupedCustomer {
  readonly forecastW: readonly number[];
  readonly details: PodDetails | null | undefined;
}

/** Customers of a kind together. */
export interface ForecastGroup {
  /** `unknown` where nobody has said. */
  readonly group: string;
  readonly pods: number;
  /** W by MTU, withdrawal positive. */
  readonly forecastW: readonly number[];
}

const UNKNOWN = ['unknown'];

/** Groups by name; by plant, who has several is in several. */
export function forecastGroups(
  by: ForecastGrouping,
  mtuCount: number,
  customers: Iterable<GroupedCustomer>,
): ForecastGroup[] {
  const groups = new Map<string, { pods: number; forecastW: number[] }>();
  for (const { forecastW, details } of customers) {
    for (const name of details ? namesOf(by, details) : UNKNOWN) {
      const group = groups.get(name) ?? { pods: 0, forecastW: new Array<number>(mtuCount).fill(0) };
      groups.set(name, group);
      group.pods += 1;
      forecastW.forEach((watts, mtu) => (group.forecastW[mtu]! += watts));
    }
  }
  return [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([group, sums]) => ({ group, ...sums }));
}

function namesOf(by: ForecastGrouping, details: PodDetails): readonly string[] {
  switch (by) {
    case 'customerKind':
      return [details.customerKind];
    case 'voltageLevel':
      return details.connection ? [details.connection.voltageLevel] : UNKNOWN;
    case 'plant':
      return plantGroupsOf(details);
  }
}
