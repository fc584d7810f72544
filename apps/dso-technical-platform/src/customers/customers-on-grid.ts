/** The market's customers on one grid, as register and meters tell the DSO of them (flows 0a, 1a). */
import { MTUS_PER_HOUR, MTU_MS } from '@flexledger/domain';
import { type MeasurementsPort, type RegisterPort, netWithdrawnWh } from '@flexledger/ports';
import type { ConnectedCustomer } from '../forecast/grid-forecast';
import type { FlexiblePod } from '../requests/flexibility';
import type { ObservedCustomer } from '../state-estimation/own-measurements';

/** A customer of the market: what to forecast it from, what it can move, and the primary substation it was located below. */
export type MarketCustomer = ConnectedCustomer & FlexiblePod & { readonly pom: string | null };

const NO_FLEXIBILITY = { upW: 0, downW: 0, upVar: 0, downVar: 0 };

/** Registered PoDs on the grid, with what they can move on a delivery day; 0 where switched off. */
export async function connectedCustomers(
  register: Pick<RegisterPort, 'podsOf'>,
  gridId: string,
  deliveryDay: string,
): Promise<MarketCustomer[]> {
  const pods = await register.podsOf({ gridId });
  return pods.flatMap(({ podId, details, busId, pom, flexibility, unavailableDays }) => {
    if (!details || !busId) return [];
    const declared = unavailableDays.includes(deliveryDay) ? null : flexibility;
    return [{ podId, ...details, busId, pom, ...(declared ?? NO_FLEXIBILITY) }];
  });
}

/** The same customers with what their meters said of one quarter-hour. */
export async function observedCustomers(
  register: Pick<RegisterPort, 'podsOf'>,
  measurements: Pick<MeasurementsPort, 'quarterHours'>,
  gridId: string,
  deliveryDay: string,
  startMs: number,
): Promise<ObservedCustomer[]> {
  const customers = await connectedCustomers(register, gridId, deliveryDay);
  const podIds = customers.map(({ podId }) => podId);
  const measured = await measurements.quarterHours(podIds, startMs, startMs + MTU_MS);
  return customers.map((customer, index) => {
    const [quarterHour] = measured[index]!;
    const metered = quarterHour && {
      powerW: netWithdrawnWh(quarterHour) * MTUS_PER_HOUR,
      powerVar: quarterHour.reactiveVarh * MTUS_PER_HOUR,
    };
    return { ...customer, metered };
  });
}
