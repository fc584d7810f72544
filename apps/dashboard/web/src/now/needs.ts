/** What needs somebody, in a sentence each, with what can be done. */
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
            what: `${name} has halted.`,
            detail: halt.message,
            actions: [
              { name: 'Decide', address: addressOf('operations', [], { processor: name }) },
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
    const isPassed = missingW.map(
      (missing, mtu) => value[mtu] !== 0 && (missing === null || missing > 0),
    );
    const first = isPassed.indexOf(true);
    const last = isPassed.lastIndexOf(true);
    const endMs = startMs + (last + 1) * MTU_MS;
    if (first < 0 || violation.resolvedAt !== null || endMs < nowMs) return [];
    const worst = worstOf(violation, value.slice(first, last + 1));
    const mostW = Math.max(...missingW.map((missing) => missing ?? 0));
    const when = `${zone.day(startMs)}, ${zone.time(startMs + first * MTU_MS)} to ${zone.time(endMs)}`;
    const missing = missingW.includes(null)
      ? 'How much would help could not be computed.'
      : `${kW(mostW)} kW are missing at most.`;
    return [
      {
        key: `grid/${sessionId}/${elementId}/${violation.violation}`,
        what: `${elementName(elementType, elementId)} ${worst}, ${when}.`,
        detail: `${missing} ${plural(violation.podIds.length, 'PoD')} below it can help.`,
        actions: [
          { name: 'Open in grid', address: addressOf('grid', [gridId], { session: sessionId }) },
          { name: 'Session', address: addressOf('sessions', [sessionId]) },
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
      what: `${terms.aggregatorId} proposes an agreement for ${podId}.`,
      detail: `${terms.customerSharePerMille / 10} % of what it earns would be the customer's.`,
      actions: [{ name: 'Read it', address: addressOf('home') }],
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
      what: `${plural(infeasibleMtus, 'quarter-hour')} from ${zone.dayAndTime(Date.parse(windowStart))} cannot be delivered as sold.`,
      detail: `${infeasible[0]?.podId ?? 'A plant'} can do ${kW(infeasible[0]?.changeW ?? 0)} of ${kW(infeasible[0]?.soldChangeW ?? 0)} kW.`,
      actions: [{ name: 'Portfolio', address: addressOf('portfolio') }],
    }));
  const refused = found.agreements
    .filter(({ status }) => status === 'refused')
    .map(({ podId, reason }): Need => ({
      key: `refused/${podId}`,
      what: `The customer of ${podId} refused your terms.`,
      detail: reason ?? 'No reason was given.',
      actions: [{ name: 'Propose others', address: addressOf('portfolio') }],
    }));
  const gates = found.open
    .filter(({ offers }) => offers === 0)
    .map(({ sessionId, name, gateClosesMs }): Need => ({
      key: `gate/${sessionId}`,
      what: `You offer nothing in ${name}.`,
      detail: `Its gate closes at ${zone.time(gateClosesMs)}.`,
      actions: [{ name: 'Offer', address: addressOf('sessions', [sessionId]) }],
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
    return `will carry ${Math.round((Math.max(...values) / limit) * 100)} % of its limit`;
  }
  if (violation === 'noSolution') return 'has no solution in the forecast';
  const found = values.filter((value) => value !== 0);
  const microPu = violation === 'underVoltage' ? Math.min(...found) : Math.max(...found);
  return `will be at ${(microPu / 1e6).toFixed(3)} pu, the limit is ${(limit / 1e6).toFixed(2)}`;
}
