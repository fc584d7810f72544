/**
 * A past session once more, under another rule pack: cleared from its own order book, validated,
 * settled with what was measured. The other sessions of its day stay as they are recorded, and so
 * does what the customers did: they followed the setpoints of the day as it was.
 */
import {
  type ComputedSettlement,
  type MarketSessionCommand,
  type OutcomeRow,
  type Product,
  type RowValidation,
  type RulePack,
  type ScheduledSession,
  PRODUCTS,
  finalRows,
  isFillUpDue,
  marketSessionDecider,
  sessionInput,
  settleFrom,
  soldBefore,
} from '@flexledger/domain';
import { operateGrid, validateOutcome, withRows } from '@flexledger/grid-operations';
import { type ReplayTools, clearAgain } from '../tools';
import type { GridRecord, SessionRecord } from './session-record';

/**
 * How the replayed outcome was validated: `recorded`: the DSO's word holds, since the same was sold;
 * `askedAgain`: by the DSO's functions on the recorded forecast; `assumed`: the log holds no forecast,
 * so that all is taken as permitted.
 */
export type ReplayedValidation = 'recorded' | 'askedAgain' | 'assumed';

export interface ReplayedSession {
  /** Published under the other rules. */
  readonly session: ScheduledSession;
  readonly validation: ReplayedValidation;
  readonly settlement: ComputedSettlement;
}

/** Replays a recorded session under `rules`; the same rules give the recorded bytes. */
export async function replaySession(
  record: SessionRecord,
  rules: RulePack,
  tools: ReplayTools,
): Promise<ReplayedSession> {
  const { session, validation } = await replayMarket(record, rules, tools);
  const settlement = await settleFrom(
    record.metering,
    session,
    record.ofTheDay,
    rules,
    tools.sha256,
  );
  return { session, validation, settlement };
}

async function replayMarket(
  record: SessionRecord,
  rules: RulePack,
  tools: ReplayTools,
): Promise<Pick<ReplayedSession, 'session' | 'validation'>> {
  const { dayAhead } = record;
  let state = traded(record.closed, rules);
  let validation: ReplayedValidation = 'recorded';
  const apply = (command: MarketSessionCommand): void => {
    for (const event of marketSessionDecider.decide(command, state)) {
      state = marketSessionDecider.evolve(state, event) as ScheduledSession;
    }
  };
  for (let round = 0; ; round += 1) {
    const input = sessionInput(state, dayAhead);
    if (round > 0 && !isFillUpDue(state, input, rules)) break;
    const clearing = await clearAgain(tools, input, rules, round);
    apply({ kind: 'recordClearing', clearing });
    apply({ kind: 'sendForValidation', answerDueMs: 0 });
    const answered = answerOf(record, state, round);
    if (answered.validation !== 'recorded') validation = answered.validation;
    const { outcomeId } = state.rounds[round]!;
    const { validatedBy, exceptions } = answered;
    apply({ kind: 'recordValidation', outcomeId: outcomeId!, validatedBy, exceptions });
  }
  apply({ kind: 'publish' });
  return { session: state, validation };
}

/** The order book without what the rules do not trade. */
function traded(closed: ScheduledSession, { products = PRODUCTS }: RulePack): ScheduledSession {
  const isTraded = ({ product }: { readonly product: Product }): boolean =>
    products.includes(product);
  const bids = closed.bids.map((bid) => {
    const offerParts = bid.offerParts.map((offers) => offers.filter(isTraded));
    return { ...bid, offerParts };
  });
  return { ...closed, bids, requests: closed.requests.filter(isTraded) };
}

interface Answer {
  readonly validatedBy: 'DSO' | 'no-answer';
  readonly exceptions: readonly RowValidation[];
  readonly validation: ReplayedValidation;
}

/** The DSO's word on a replayed round. */
function answerOf(record: SessionRecord, state: ScheduledSession, round: number): Answer {
  const recorded = record.session.rounds[round];
  const { rows } = state.rounds[round]!;
  const wasSilent = recorded?.exceptions.some((row) => row.violatedElement === 'no-answer');
  if (wasSilent) return { validatedBy: 'no-answer', exceptions: [], validation: 'recorded' };
  if (recorded && sameAllocation(recorded.rows, rows)) {
    return { validatedBy: 'DSO', exceptions: recorded.exceptions, validation: 'recorded' };
  }
  const exceptions = askAgain(record, state, round);
  return exceptions
    ? { validatedBy: 'DSO', exceptions, validation: 'askedAgain' }
    : { validatedBy: 'DSO', exceptions: [], validation: 'assumed' };
}

/** The DSO's functions on the recorded forecast; undefined when the log holds none. */
function askAgain(
  { grid: { forecast, model, busOfPod }, dayAhead }: SessionRecord,
  state: ScheduledSession,
  round: number,
): RowValidation[] | undefined {
  if (!forecast || !model) return undefined;
  const grid = operatedGrid(model, busOfPod);
  const earlier = { ...state, rounds: state.rounds.slice(0, round) };
  const sold = [...soldBefore(state, dayAhead), ...finalRows(earlier)];
  const before = withRows(grid, forecast, new Map(), sold, (row) => row.acceptedW);
  return validateOutcome(grid, forecast, before, state.rounds[round]!.rows);
}

function operatedGrid(
  model: NonNullable<GridRecord['model']>,
  busOfPod: GridRecord['busOfPod'],
): ReturnType<typeof operateGrid> {
  const grid = operateGrid(model);
  for (const [podId, busId] of busOfPod) grid.busOfPod.set(podId, busId);
  return grid;
}

/** True when the same quantities were sold to the same requests, at whatever price. */
export function sameAllocation(one: readonly OutcomeRow[], other: readonly OutcomeRow[]): boolean {
  const told = (rows: readonly OutcomeRow[]): string =>
    JSON.stringify(
      rows.map(({ aggregatorId, offerId, requestId, firstMtu, acceptedW }) => [
        ...[aggregatorId, offerId, requestId, firstMtu],
        acceptedW,
      ]),
    );
  return told(one) === told(other);
}
