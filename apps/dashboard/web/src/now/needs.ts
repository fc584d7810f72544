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
}

type Forecast = Schemas['GridViolation'] & { readonly sessionId: string; readonly gridId: string };

const MTU_MS = 900_000;
/** What could not be delivered is told for a day. */
const DISPATCH_TOLD_MS = 86_400_000;

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

/** What an aggregator has to see to: what cannot be delivered as sold, terms refused, gates that close without it. */
export function aggregatorNeeds(
  found: {
    readonly dispatches: readonly Pick<
      Schemas['DispatchDocument'],
      'windowStart' | 'infeasibleMtus' | 'infeasible'
    >[];
    readonly agreements: readonly Schemas['AgreementView'][];
    /** Sessions of which the gate is open, with how many own offers stand in each. */
    readonly open: readonly {
      readonly sessionId: string;
      readonly name: string;
      readonly gateClosesMs: number;
      readonly offers: number;
    }[];
  },
  nowMs: number,
  zone: Zone,
): readonly Need[] {
  const dispatches = found.dispatches
    .filter(({ windowStart, infeasibleMtus }) => {
      return infeasibleMtus > 0 && Date.parse(windowStart) > nowMs - DISPATCH_TOLD_MS;
    })
    .map(({ windowStart, infeasibleMtus, infeasible }): Need => ({
      key: `dispatch/${windowStart}`,
      what: t('{plural} from {dayAndTime} cannot be delivered as sold.', {
        plural: plural(infeasibleMtus, t('quarter-hour'), t('quarter-hours')),
        dayAndTime: zone.dayAndTime(Date.parse(windowStart)),
      }),
      detail: t('{value} can do {kW} of {kW2} kW.', {
        value: infeasible[0]?.podId ?? t('A plant'),
        kW: kW(infeasible[0]?.changeW ?? 0),
        kW2: kW(infeasible[0]?.soldChangeW ?? 0),
      }),
      actions: [{ name: t('Portfolio'), address: addressOf('portfolio') }],
    }));
  const refused = found.agreements
    .filter(({ status }) => status === 'refused')
    .map(({ podId, reason }): Need => ({
      key: `refused/${podId}`,
      what: t('The customer of {podId} refused your terms.', { podId }),
      detail: reason ?? t('No reason was given.'),
      actions: [{ name: t('Propose others'), address: addressOf('portfolio') }],
    }));
  const gates = found.open
    .filter(({ offers }) => offers === 0)
    .map(({ sessionId, name, gateClosesMs }): Need => ({
      key: `gate/${sessionId}`,
      what: t('You offer nothing in {name}.', { name }),
      detail: t('Its gate closes at {time}.', { time: zone.time(gateClosesMs) }),
      actions: [{ name: t('Offer'), address: addressOf('sessions', [sessionId]) }],
    }));
  return [...dispatches, ...refused, ...gates];
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
