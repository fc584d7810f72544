/** What needs somebody, in a sentence each, with what can be done. */
import { t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';
import { addressOf } from '../frame/route';
import { type Zone, kW, plural } from '../parts/words';

export interface Need {
  readonly key: string;
  /** What is the matter. */
  readonly what: string;
  readonly detail: string;
  readonly actions: readonly { readonly name: string; readonly address: string }[];
  /** Set where the need is an alarm, which ends with what is said of it. */
  readonly alarmId?: string;
}

type Alarm = Schemas['AlarmDocument'];
/** What somebody can see to. What offers lost by is told on their session's page, and nobody can do anything about it. */
export const KINDS_SEEN_TO = [
  'notDeliverable',
  'shortfall',
  'nodeSilent',
  'nodesSilent',
  'termsRefused',
  'noFlexibility',
  'offersRefused',
] as const satisfies readonly Alarm['kind'][];
type Forecast = Schemas['GridViolation'] & { readonly sessionId: string; readonly gridId: string };

const MTU_MS = 900_000;

/** Processors that stand still until somebody decides. */
export function haltedNeeds(processors: readonly Schemas['ProcessorHealth'][]): readonly Need[] {
  return processors.flatMap(({ name, halt }): Need[] =>
    halt
      ? [
          {
            key: `halted/${name}`,
            what: t('{name} has halted.', { name }),
            detail: halt.message,
            actions: [
              { name: t('Decide'), address: addressOf('operations', [], { processor: name }) },
            ],
          },
        ]
      : [],
  );
}

/** Limits that will be passed and that what was asked for does not cover. */
export function gridNeeds(
  violations: readonly (Forecast & { readonly startMs: number })[],
  nowMs: number,
  zone: Zone,
): readonly Need[] {
  return violations.flatMap((violation): Need[] => {
    const { elementType, elementId, value, missingW, startMs, sessionId, gridId } = violation;
    const { podIds, helpW } = violation;
    const isPassed = missingW.map(
      (missing, mtu) => value[mtu] !== 0 && (missing === null || missing > 0),
    );
    const first = isPassed.indexOf(true);
    const last = isPassed.lastIndexOf(true);
    const endMs = startMs + (last + 1) * MTU_MS;
    if (first < 0 || violation.resolvedAt !== null || endMs < nowMs) return [];
    const worst = worstOf(violation, value.slice(first, last + 1));
    const mostW = Math.max(...missingW.map((missing) => missing ?? 0));
    const when = t('{day}, {time} to {time2}', {
      day: zone.day(startMs),
      time: zone.time(startMs + first * MTU_MS),
      time2: zone.time(endMs),
    });
    const pods = plural(podIds.length, t('PoD'), t('PoDs'));
    const missing = missingW.includes(null)
      ? t('How much would help could not be computed.')
      : t('{kW} kW are missing at most.', { kW: kW(mostW) });
    return [
      {
        key: `grid/${sessionId}/${elementId}/${violation.violation}`,
        what: `${elementName(elementType, elementId)} ${worst}, ${when}.`,
        // Forecasts of before did not say how much.
        detail:
          helpW.length === 0
            ? t('{missing} {plural} below it can help.', { missing, plural: pods })
            : t('{missing} {plural} below it can help, together {kW} kW.', {
                missing,
                plural: pods,
                kW: kW(Math.max(0, ...helpW)),
              }),
        actions: [
          {
            name: t('Ask or switch'),
            address: addressOf('grid', [gridId], { session: sessionId }),
          },
          { name: t('Session'), address: addressOf('sessions', [sessionId]) },
        ],
      },
    ];
  });
}

/** Terms that a customer has not answered. */
export function agreementNeeds(agreements: readonly Schemas['AgreementView'][]): readonly Need[] {
  return agreements
    .filter(({ status }) => status === 'proposed')
    .map(({ podId, terms }) => ({
      key: `agreement/${podId}`,
      what: t('{aggregatorId} proposes an agreement for {podId}.', {
        aggregatorId: terms.aggregatorId,
        podId,
      }),
      detail: t("{value} % of what it earns would be the customer's.", {
        value: terms.customerSharePerMille / 10,
      }),
      actions: [{ name: t('Read it'), address: addressOf('home') }],
    }));
}

/** What an aggregator has to see to: its alarms, as its platform has found them, and gates that close without it. */
export function aggregatorNeeds(
  found: {
    /** Those of `KINDS_SEEN_TO` that nobody has seen to. */
    readonly alarms: readonly Alarm[];
    /** Sessions of which the gate is open, with how many own offers stand in each. */
    readonly open: readonly {
      readonly sessionId: string;
      readonly name: string;
      readonly gateClosesMs: number;
      readonly offers: number;
    }[];
  },
  zone: Zone,
): readonly Need[] {
  const alarms = found.alarms.flatMap(({ alarmId, facts }): readonly Need[] =>
    facts.kind === 'offersLost'
      ? []
      : [{ key: `alarm/${alarmId}`, ...alarmNeed(facts, zone), alarmId }],
  );
  const gates = found.open
    .filter(({ offers }) => offers === 0)
    .map(({ sessionId, name, gateClosesMs }): Need => ({
      key: `gate/${sessionId}`,
      what: t('You offer nothing in {name}.', { name }),
      detail: t('Its gate closes at {time}.', { time: zone.time(gateClosesMs) }),
      actions: [{ name: t('Offer'), address: addressOf('sessions', [sessionId]) }],
    }));
  return [...alarms, ...gates];
}

/** What a colleague has said of an alarm before, for who comes second: the first word stands. */
export function saidBefore({
  acknowledgedBy,
  action,
  reason,
}: Pick<Alarm, 'acknowledgedBy' | 'action' | 'reason'>): string {
  return t('{who} has seen to it before: “{said}”. That stands; yours was not kept.', {
    who: acknowledgedBy ?? t('somebody'),
    said: action ?? reason ?? '',
  });
}

function alarmNeed(
  facts: Exclude<Alarm['facts'], { readonly kind: 'offersLost' }>,
  zone: Zone,
): Omit<Need, 'key' | 'alarmId'> {
  const portfolio = { name: t('Portfolio'), address: addressOf('portfolio') };
  const sessionOf = (sessionId: string) => ({
    name: t('Session'),
    address: addressOf('sessions', [sessionId]),
  });
  switch (facts.kind) {
    case 'notDeliverable':
      return {
        what: t('{plural} from {dayAndTime} cannot be delivered as sold.', {
          plural: plural(facts.infeasibleMtus, t('quarter-hour'), t('quarter-hours')),
          dayAndTime: zone.dayAndTime(Date.parse(facts.windowStart)),
        }),
        detail: t('{value} can do {kW} of {kW2} kW.', {
          value: facts.worst.podId,
          kW: kW(facts.worst.changeW),
          kW2: kW(facts.worst.soldChangeW),
        }),
        actions: [portfolio],
      };
    case 'shortfall':
      return {
        what: t('{value} of {value2} Wh came from {dayAndTime}.', {
          value: facts.deliveredWh,
          value2: facts.soldWh,
          dayAndTime: zone.dayAndTime(Date.parse(facts.mtuStart)),
        }),
        detail: t('{plural} bring less than was sold, {podId} most of all.', {
          plural: plural(facts.podsShort, t('PoD'), t('PoDs')),
          podId: facts.worst.podId,
        }),
        actions: [sessionOf(facts.sessionId)],
      };
    case 'nodeSilent':
      return {
        what: t('The Light Node of {podId} is silent.', { podId: facts.podId }),
        detail: t('Since {dayAndTime}.', { dayAndTime: zone.dayAndTime(Date.parse(facts.since)) }),
        actions: [portfolio],
      };
    case 'nodesSilent':
      return {
        what: t('{plural} are silent.', {
          plural: plural(facts.podCount, t('Light Node'), t('Light Nodes')),
        }),
        detail: t('Cut off from {dayAndTime} to {time}, {podId} first, {podId2} last.', {
          dayAndTime: zone.dayAndTime(Date.parse(facts.since)),
          time: zone.time(Date.parse(facts.until)),
          podId: facts.podIds[0] ?? '',
          podId2: facts.lastPodId,
        }),
        actions: [{ name: t('Light Nodes'), address: addressOf('pods', [], { show: 'nodes' }) }],
      };
    case 'termsRefused':
      return {
        what: t('The customer of {podId} refused your terms.', { podId: facts.podId }),
        detail: facts.reason === '' ? t('No reason was given.') : facts.reason,
        actions: [{ name: t('Propose others'), address: addressOf('portfolio') }],
      };
    case 'noFlexibility':
      return {
        what: t('{plural} cannot be offered on {day}.', {
          plural: plural(facts.podCount, t('PoD'), t('PoDs')),
          day: facts.deliveryDay,
        }),
        detail: facts.pods.map(({ podId, reason }) => `${podId}: ${reason}`)[0] ?? '',
        actions: [portfolio],
      };
    case 'offersRefused':
      return {
        what: t('The market refused {plural}.', {
          plural: plural(facts.offerCount, t('offer'), t('offers')),
        }),
        detail: facts.offers.map(({ offerId, reason }) => `${offerId}: ${reason}`)[0] ?? '',
        actions: [sessionOf(facts.sessionId)],
      };
  }
}

/** `Line 17`; ids that say what they are already stay as they are. */
export function elementName(type: Schemas['ElementType'], id: string): string {
  const bare = id.replace(/^(bus|line|trafo|transformer)-?/i, '');
  return `${type[0]!.toUpperCase()}${type.slice(1)} ${bare}`;
}

function worstOf({ violation, limit }: Forecast, values: readonly number[]): string {
  if (violation === 'overload') {
    return t('will carry {round} % of its limit', {
      round: Math.round((Math.max(...values) / limit) * 100),
    });
  }
  if (violation === 'noSolution') return t('has no solution in the forecast');
  const found = values.filter((value) => value !== 0);
  const microPu = violation === 'underVoltage' ? Math.min(...found) : Math.max(...found);
  return t('will be at {value} pu, the limit is {value2}', {
    value: (microPu / 1e6).toFixed(3),
    value2: (limit / 1e6).toFixed(2),
  });
}
