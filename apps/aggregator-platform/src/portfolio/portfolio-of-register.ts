import {
  type DeclaredFlexibility,
  curveOver,
  deliveryDay as civilDayPeriod,
  largestOf,
  quarterHoursOf,
  refusalOf,
  serviceOf,
} from '@flexledger/domain';
import type { RegisterPort, RegisteredPod } from '@flexledger/ports';
import type { PlantCosts } from '../costs/plant-costs';
import type {
  CustomersOfDay,
  FlexibilityOfDay,
  LeftOut,
  OwnKnowledge,
  Portfolio,
  PortfolioPod,
} from './portfolio';

/**
 * An aggregator's customers as the register tells them; what they cost and can do it has declared
 * itself.
 */
export function portfolioOf(
  register: Pick<RegisterPort, 'podsOf' | 'baselines'>,
  aggregatorId: string,
  costs: Pick<PlantCosts, 'knowledgeOf'>,
  timeZone: string,
): Portfolio {
  return {
    aggregatorId,
    async on(deliveryDay): Promise<CustomersOfDay> {
      const customers = await register.podsOf({ aggregatorId });
      const podIds = customers.map(({ podId }) => podId);
      const ownKnowledge = await costs.knowledgeOf(aggregatorId, podIds);
      const declared = await register.baselines(podIds, deliveryDay);
      const baselines = new Map(declared.map((of) => [of.podId, of.declared.at(-1)] as const));
      const quarterHours = quarterHoursOf(civilDayPeriod(deliveryDay, timeZone), timeZone);
      const pods: PortfolioPod[] = [];
      const leftOut: LeftOut[] = [];
      const withoutBaseline: string[] = [];
      for (const customer of customers) {
        const { podId, automaticOffers } = customer;
        const flexibility = customer.flexibility && byMtu(customer.flexibility, quarterHours);
        const own = ownKnowledge.get(podId);
        const baseline = baselines.get(podId);
        const reason = unofferable(customer, deliveryDay, own);
        if (flexibility && own && baseline && reason === undefined) {
          const { reactiveMicroEurPerKvarh, ...costs } = own;
          const { baselineW, baselineVar } = baseline;
          const pod = { podId, flexibility, baselineW, automaticOffers, ...costs };
          const ofVar = baselineVar ? { baselineVar } : {};
          if (reactiveMicroEurPerKvarh === undefined) {
            pods.push({ ...pod, ...ofVar });
            continue;
          }
          const fault = reactiveFault(customer, deliveryDay, baselineVar);
          pods.push({ ...pod, ...ofVar, ...(fault ? {} : { reactiveMicroEurPerKvarh }) });
          if (fault)
            leftOut.push({ podId, reason: `its reactive power is not offered: it ${fault}` });
          continue;
        }
        if (reason === undefined) withoutBaseline.push(podId);
        leftOut.push({ podId, reason: reason ?? `it has no baseline for ${deliveryDay}` });
      }
      return { pods, leftOut, withoutBaseline };
    },
  };
}

function byMtu(
  { upW, downW, upVar, downVar }: DeclaredFlexibility,
  quarterHours: readonly number[],
): FlexibilityOfDay {
  return {
    upW: curveOver(upW, quarterHours),
    downW: curveOver(downW, quarterHours),
    upVar: curveOver(upVar, quarterHours),
    downVar: curveOver(downVar, quarterHours),
  };
}

/** What stands in the way of offering a customer, a missing baseline apart. */
function unofferable(
  { flexibility, unavailableDays, agreement, services }: RegisteredPod,
  deliveryDay: string,
  own: OwnKnowledge | undefined,
): string | undefined {
  if (!flexibility) return 'it has declared no flexibility';
  if (unavailableDays.includes(deliveryDay)) {
    return `its customer has switched it off for ${deliveryDay}`;
  }
  if (agreement && agreement.status !== 'inForce') {
    return `its agreement is ${agreement.status}, not in force`;
  }
  const refusal = refusalOf(services, serviceOf('P'));
  if (refusal) return `it ${refusal}`;
  return own ? undefined : 'its costs are not declared (PUT /api/v1/portfolio/costs)';
}

/** Why reactive power that has a cost is not offered, in words after the PoD; undefined where it is. */
function reactiveFault(
  { services, flexibility }: RegisteredPod,
  deliveryDay: string,
  baselineVar: readonly number[] | undefined,
): string | undefined {
  const refusal = refusalOf(services, serviceOf('Q'));
  if (refusal) return refusal;
  if (largestOf(flexibility!.upVar) + largestOf(flexibility!.downVar) === 0) {
    return 'has declared none (upVar, downVar), as a PoD without an inverter has none';
  }
  return baselineVar ? undefined : `has no baseline of it for ${deliveryDay} (baselineVar)`;
}
