import { type Decider, DomainError, type Violation } from '../log/decider';
import { curveFault, sameCurve } from './day-curve';
import { detailViolations, detailsOf, sameDetails } from './details';
import type { Requester } from '../units/units';
import {
  type DeclaredFlexibility,
  POD_ID,
  POD_SERVICES,
  type PodDetails,
  type PodEvent,
  type PodLocation,
  type PodRecord,
  type PodService,
} from './events';
import { type ServiceStandings, namedServices, standingsAfter } from './services';

export type PodCommand =
  | ({ readonly kind: 'registerPod'; readonly podId: string } & PodDetails)
  | ({ readonly kind: 'changePodDetails'; readonly podId: string } & PodDetails)
  | {
      readonly kind: 'locatePod';
      readonly podId: string;
      readonly gridId: string;
      readonly busId: string;
      readonly pom: string;
    }
  | ({ readonly kind: 'declareFlexibility'; readonly podId: string } & DeclaredFlexibility)
  | {
      readonly kind: 'declareBaseline';
      readonly podId: string;
      readonly deliveryDay: string;
      readonly mtuCount: number;
      readonly baselineW: readonly number[];
      readonly baselineVar?: readonly number[];
      readonly origin: 'byHand' | 'imported' | 'forecast';
    }
  | {
      readonly kind: 'changeAvailability';
      readonly podId: string;
      readonly deliveryDay: string;
      readonly available: boolean;
    }
  | {
      readonly kind: 'changeAutomaticOffers';
      readonly podId: string;
      readonly automaticOffers: boolean;
    }
  | {
      readonly kind: 'nameServices';
      readonly podId: string;
      readonly services: readonly PodService[];
    }
  | {
      readonly kind: 'qualifyService';
      readonly podId: string;
      readonly service: PodService;
      readonly requester: Requester;
    }
  | {
      readonly kind: 'refuseService';
      readonly podId: string;
      readonly service: PodService;
      readonly requester: Requester;
      readonly reason: string;
    }
  | { readonly kind: 'unregisterPod'; readonly podId: string; readonly reason: string };

export type PodState =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'registered';
      readonly details: PodDetails;
      readonly location?: PodLocation;
      readonly flexibility?: DeclaredFlexibility;
      /** Days on which the customer has switched availability off. */
      readonly unavailableDays: readonly string[];
      /** Offered by its aggregator without an operator's doing. */
      readonly automaticOffers: boolean;
      readonly services: ServiceStandings;
      /** Declared last, for whatever day. */
      readonly baseline?: Omit<BaselineDeclared, 'podId'>;
    }
  | {
      readonly status: 'unregistered';
      /** Refusals outlive a registration. */
      readonly services: ServiceStandings;
    };

type BaselineDeclared = Extract<PodEvent, { type: 'BaselineDeclared' }>['data'];

type Registered = Extract<PodState, { status: 'registered' }>;

export const podDecider: Decider<PodState, PodCommand, PodEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
};

function decide(command: PodCommand, state: PodState): PodEvent[] {
  const { podId } = command;
  if (command.kind === 'registerPod') return register(command, state);
  if (state.status !== 'registered') {
    throw new DomainError(
      'pod-unknown',
      `PoD ${podId} is ${state.status}; register it before changing it.`,
    );
  }
  switch (command.kind) {
    case 'changePodDetails': {
      const details = detailsOf(command);
      if (sameDetails(details, state.details)) return [];
      refuse('pod-malformed', `PoD ${podId} cannot be changed`, detailViolations(details));
      const place = state.location ? { location: state.location } : {};
      return [{ type: 'PodDetailsChanged', data: { podId, ...details, ...place } }];
    }
    case 'locatePod': {
      const { gridId, busId, pom } = command;
      const location = { gridId, busId, pom };
      return state.location && sameFields(location, state.location)
        ? []
        : [{ type: 'PodLocated', data: { podId, ...location, podRecord: recordOf(state) } }];
    }
    case 'declareFlexibility':
      return declareFlexibility(command, state);
    case 'declareBaseline':
      return declareBaseline(command, state);
    case 'changeAvailability': {
      const { deliveryDay, available } = command;
      const isOff = state.unavailableDays.includes(deliveryDay);
      return isOff === !available
        ? []
        : [{ type: 'AvailabilityChanged', data: { podId, deliveryDay, available } }];
    }
    case 'changeAutomaticOffers': {
      const { automaticOffers } = command;
      const { aggregatorId } = state.details;
      const data = { podId, aggregatorId, automaticOffers };
      return automaticOffers === state.automaticOffers
        ? []
        : [{ type: 'AutomaticOffersChanged', data }];
    }
    case 'nameServices':
      return nameServices(command, state);
    case 'qualifyService':
    case 'refuseService':
      return judgeService(command, state);
    case 'unregisterPod':
      return [{ type: 'PodUnregistered', data: { podId, reason: command.reason } }];
  }
}

function recordOf({ details, flexibility, services }: Registered): PodRecord {
  return { ...details, flexibility: flexibility ?? null, services: namedServices(services) };
}

function register(
  command: Extract<PodCommand, { kind: 'registerPod' }>,
  state: PodState,
): PodEvent[] {
  const { podId } = command;
  const details = detailsOf(command);
  if (state.status === 'registered') {
    if (sameDetails(details, state.details)) return [];
    const isOwn = details.aggregatorId === state.details.aggregatorId;
    throw new DomainError(
      'pod-already-registered',
      isOwn
        ? `PoD ${podId} is registered with other details; change the details instead.`
        : `PoD ${podId} is registered for another aggregator, which has to unregister it first.`,
    );
  }
  const violations = detailViolations(details);
  if (!POD_ID.test(podId)) {
    violations.push({ field: 'podId', reason: `"${podId}" is not a PoD code like IT002E60776854` });
  }
  refuse('pod-malformed', `PoD ${podId} cannot be registered`, violations);
  return [{ type: 'PodRegistered', data: { podId, ...details } }];
}

function declareFlexibility(
  command: Extract<PodCommand, { kind: 'declareFlexibility' }>,
  state: Registered,
): PodEvent[] {
  const { podId, upW, downW, upVar, downVar } = command;
  const declared = { upW, downW, upVar, downVar };
  const violations = Object.entries(declared).flatMap(([field, curve]) => {
    const reason = curveFault(curve);
    return reason === undefined ? [] : [{ field, reason }];
  });
  refuse('flexibility-malformed', `Flexibility of PoD ${podId} cannot be declared`, violations);
  return state.flexibility && sameFlexibility(declared, state.flexibility)
    ? []
    : [{ type: 'FlexibilityDeclared', data: { podId, ...declared } }];
}

function declareBaseline(
  command: Extract<PodCommand, { kind: 'declareBaseline' }>,
  { baseline }: Registered,
): PodEvent[] {
  const { podId, deliveryDay, mtuCount, baselineW, baselineVar, origin } = command;
  const violations: Violation[] = [];
  const check = (field: string, values: readonly number[]): void => {
    if (values.length !== mtuCount) {
      const reason = `has ${values.length} values, ${deliveryDay} has ${mtuCount} MTUs`;
      violations.push({ field, reason });
    }
    const bad = values.findIndex((value) => !Number.isSafeInteger(value));
    if (bad >= 0) violations.push({ field: `${field}[${bad}]`, reason: 'is not a whole number' });
  };
  check('baselineW', baselineW);
  if (baselineVar) check('baselineVar', baselineVar);
  refuse('baseline-malformed', `Baseline of PoD ${podId} cannot be declared`, violations);
  const reactive = baselineVar ? { baselineVar } : {};
  const declared = { deliveryDay, baselineW, ...reactive, origin };
  if (baseline && sameBaseline(declared, baseline)) return [];
  return [{ type: 'BaselineDeclared', data: { podId, ...declared } }];
}

type Baseline = Omit<BaselineDeclared, 'podId'>;

function sameBaseline(one: Baseline, other: Baseline): boolean {
  const isSameDay = one.deliveryDay === other.deliveryDay && one.origin === other.origin;
  // None at all is another thing than a list, and a list than none.
  const [oneVar, otherVar] = [one.baselineVar ?? 0, other.baselineVar ?? 0];
  return isSameDay && sameCurve(one.baselineW, other.baselineW) && sameCurve(oneVar, otherVar);
}

function nameServices(
  { podId, services }: Extract<PodCommand, { kind: 'nameServices' }>,
  state: Registered,
): PodEvent[] {
  const unknown = services.filter((service) => !POD_SERVICES.includes(service));
  refuse(
    'services-malformed',
    `Services of PoD ${podId} cannot be named`,
    unknown.map((service) => ({
      field: 'services',
      reason: `"${service}" is no service; there are ${POD_SERVICES.join(', ')}`,
    })),
  );
  const named = POD_SERVICES.filter((service) => services.includes(service));
  const standing = namedServices(state.services);
  const isSame = named.length === standing.length && named.every((one) => standing.includes(one));
  return isSame ? [] : [{ type: 'ServicesNamed', data: { podId, services: named } }];
}

function judgeService(
  command: Extract<PodCommand, { kind: 'qualifyService' | 'refuseService' }>,
  state: Registered,
): PodEvent[] {
  const { podId, service, requester } = command;
  const standing = state.services[service];
  const said = standing?.judgements[requester];
  if (command.kind === 'refuseService') {
    const { reason } = command;
    return said?.status === 'refused' && said.reason === reason
      ? []
      : [{ type: 'ServiceRefused', data: { podId, service, refusedBy: requester, reason } }];
  }
  // Its own refusal an operator lifts whether or not the service is named still.
  if (!standing?.named && said?.status !== 'refused') {
    throw new DomainError(
      'service-unknown',
      `PoD ${podId} does not name ${service}; its aggregator has to name it first.`,
    );
  }
  return said?.status === 'qualified'
    ? []
    : [{ type: 'ServiceQualified', data: { podId, service, qualifiedBy: requester } }];
}

function evolve(state: PodState, event: PodEvent): PodState {
  if (event.type === 'PodRegistered') {
    return {
      status: 'registered',
      details: detailsOf(event.data),
      unavailableDays: [],
      automaticOffers: true,
      services: standingsAfter('services' in state ? state.services : {}, event),
    };
  }
  if (state.status !== 'registered') return state;
  switch (event.type) {
    case 'PodDetailsChanged': {
      const details = detailsOf(event.data);
      // Another aggregator decides anew.
      const isSame = details.aggregatorId === state.details.aggregatorId;
      return { ...state, details, automaticOffers: isSame ? state.automaticOffers : true };
    }
    case 'PodLocated': {
      const { gridId, busId, pom } = event.data;
      return { ...state, location: { gridId, busId, pom } };
    }
    case 'FlexibilityDeclared': {
      const { upW, downW, upVar, downVar } = event.data;
      return { ...state, flexibility: { upW, downW, upVar, downVar } };
    }
    case 'BaselineDeclared': {
      const { podId: _, ...baseline } = event.data;
      return { ...state, baseline };
    }
    case 'AvailabilityChanged': {
      const { deliveryDay, available } = event.data;
      const others = state.unavailableDays.filter((day) => day !== deliveryDay);
      return { ...state, unavailableDays: available ? others : [...others, deliveryDay] };
    }
    case 'AutomaticOffersChanged':
      return { ...state, automaticOffers: event.data.automaticOffers };
    case 'ServicesNamed':
    case 'ServiceQualified':
    case 'ServiceRefused':
      return { ...state, services: standingsAfter(state.services, event) };
    case 'PodUnregistered':
      return { status: 'unregistered', services: state.services };
    default:
      return state;
  }
}

/** True when both say the same by the clock. */
function sameFlexibility(one: DeclaredFlexibility, other: DeclaredFlexibility): boolean {
  return (['upW', 'downW', 'upVar', 'downVar'] as const).every((field) =>
    sameCurve(one[field], other[field]),
  );
}

function sameFields<Fields extends object>(one: Fields, other: Fields): boolean {
  return (Object.keys(one) as (keyof Fields)[]).every((key) => one[key] === other[key]);
}

function refuse(code: string, what: string, violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  throw new DomainError(code, `${what}: ${list}.`, violations);
}
