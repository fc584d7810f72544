/** Where the services of a PoD stand: what its aggregator names, and what each system operator says of it. */
import type { Requester } from '../units/units';
import type { PodEvent, PodService } from './events';

/** What a system operator said last of a service. */
export type ServiceJudgement =
  { readonly status: 'qualified' } | { readonly status: 'refused'; readonly reason: string };

/** One service of a PoD. */
export interface ServiceStanding {
  /** Its aggregator names it now. */
  readonly named: boolean;
  /** By system operator; one that has said nothing is absent. */
  readonly judgements: Readonly<Partial<Record<Requester, ServiceJudgement>>>;
}

/** By service; one that is neither named nor refused is absent. */
export type ServiceStandings = Readonly<Partial<Record<PodService, ServiceStanding>>>;

const UNTOUCHED: ServiceStanding = { named: false, judgements: {} };

type ServiceEvent = Extract<
  PodEvent,
  { type: 'PodRegistered' | 'ServicesNamed' | 'ServiceQualified' | 'ServiceRefused' }
>;

/**
 * The standings after an event; a fold that the register's view and the decider share. A refusal stands
 * until the operator that made it qualifies the service: neither naming anew nor registering anew lifts it.
 */
export function standingsAfter(standings: ServiceStandings, event: ServiceEvent): ServiceStandings {
  switch (event.type) {
    case 'PodRegistered':
      return namedAnew(standings, []);
    case 'ServicesNamed':
      return namedAnew(standings, event.data.services);
    case 'ServiceQualified': {
      const { service, qualifiedBy } = event.data;
      return judged(standings, service, qualifiedBy, { status: 'qualified' });
    }
    case 'ServiceRefused': {
      const { service, refusedBy, reason } = event.data;
      return judged(standings, service, refusedBy, { status: 'refused', reason });
    }
  }
}

/** What is named on keeps all that was said of it; of everything else refusals are left. */
function namedAnew(standings: ServiceStandings, services: readonly PodService[]): ServiceStandings {
  const before = Object.keys(standings) as PodService[];
  const all = [...new Set([...services, ...before])];
  return Object.fromEntries(
    all.flatMap((service) => {
      const standing = standings[service] ?? UNTOUCHED;
      const named = services.includes(service);
      if (named && standing.named) return [[service, standing]];
      const refusals = Object.entries(standing.judgements).filter(
        ([, { status }]) => status === 'refused',
      );
      const isLeft = named || refusals.length > 0;
      return isLeft ? [[service, { named, judgements: Object.fromEntries(refusals) }]] : [];
    }),
  );
}

function judged(
  standings: ServiceStandings,
  service: PodService,
  requester: Requester,
  judgement: ServiceJudgement,
): ServiceStandings {
  const { named, judgements } = standings[service] ?? UNTOUCHED;
  const now = { named, judgements: { ...judgements, [requester]: judgement } };
  const all: ServiceStandings = { ...standings, [service]: now };
  // A refusal that is lifted of a service that nobody names leaves nothing.
  return namedAnew(all, namedServices(all));
}

/** The services that its aggregator names now. */
export function namedServices(standings: ServiceStandings): PodService[] {
  return (Object.keys(standings) as PodService[]).filter((service) => standings[service]!.named);
}

/** Who refuses a PoD for a service and why, in words; undefined when nobody does. */
export function refusalOf(standings: ServiceStandings, service: PodService): string | undefined {
  const refusals = Object.entries(standings[service]?.judgements ?? {}).flatMap(
    ([requester, judgement]) =>
      judgement.status === 'refused' ? [`by the ${requester}: ${judgement.reason}`] : [],
  );
  return refusals.length > 0 ? `is refused for ${service} ${refusals.join('; ')}` : undefined;
}

/** Whether a service is named and a system operator has qualified it. */
export function isQualified({ named, judgements }: ServiceStanding): boolean {
  return named && Object.values(judgements).some(({ status }) => status === 'qualified');
}
