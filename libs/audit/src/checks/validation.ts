/**
 * The DSO's word on every outcome, asked again: the published grid model, the recorded forecast in
 * whole watts, the DSO's own code. Power flows are floating point, so that what is permitted may
 * differ between machines by one step of its search (DESIGN 2, rule 3).
 */
import {
  type RecordedForecast,
  type RowValidation,
  type ScheduledSession,
  type Sha256,
  documentDigest,
  finalRows,
  forecastBegun,
  forecastContinued,
  forecastReconfigured,
  soldBefore,
} from '@flexledger/domain';
import {
  type OperatedGrid,
  operateGrid,
  validateOutcome,
  withRows,
} from '@flexledger/grid-operations';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import { createPartCollector } from '../parts';
import type { Replay } from '../replay';
import type { Findings } from '../report';
import type { Scope } from '../scope';

/** Step of the DSO's search for the permitted part of a row. */
const TOLERANCE_W = 10;

type Validated = LoggedOf<'OutcomeValidated'>;

/** Asks the DSO's functions again about every outcome of the sessions in scope. */
export function createValidationCheck(
  replay: Replay,
  scope: Scope,
  sha256: Sha256,
  findings: Findings,
): EventCheck {
  const grids = createPublishedGrids(sha256);
  const forecasts = new Map<string, RecordedForecast>();
  const dueAt = new Map<string, string>();
  const answers = createPartCollector<Validated>();

  function validated(event: Validated): void {
    const { sessionId, outcomeId, round } = event.data;
    const parts = answers.take(outcomeId, event);
    if (!parts || !scope.market(sessionId)) return;
    findings.checked();
    const state = replay.scheduled(sessionId);
    const cleared = state.rounds[round];
    if (cleared?.outcomeId !== outcomeId) {
      return findings.fail(event, `it answers outcome ${outcomeId}, which was not sent before it`);
    }
    const { rows } = cleared;
    const recorded = parts.flatMap(({ data }) => data.exceptions);
    const expected =
      event.data.validatedBy === 'no-answer'
        ? rows.map(({ acceptedW }, index) => noAnswer(index, acceptedW.length))
        : askedAgain(state, round, { replay, grids, forecast: forecasts.get(sessionId) });
    const early = earlyFault(event, dueAt.get(outcomeId)!);
    if (early) return findings.fail(event, early);
    const fault = differenceOf(rows, recorded, expected);
    if (!fault) return;
    const part = parts.find(({ data }) => data.exceptions.some(({ index }) => index === fault.row));
    findings.fail(part ?? event, fault.reason);
  }

  return {
    findings,
    types: [
      'GridModelPublished',
      'PodLocated',
      'ForecastComputed',
      'ForecastContinued',
      'GridReconfigured',
      'OutcomeSentForValidation',
      'OutcomeValidated',
    ],
    see(event) {
      switch (event.type) {
        case 'ForecastComputed':
          // The first that is whole counts: a session is forecast once.
          if (forecasts.get(event.data.sessionId)?.missing !== 0) {
            forecasts.set(event.data.sessionId, forecastBegun(event.data));
          }
          return;
        case 'ForecastContinued': {
          const begun = forecasts.get(event.data.sessionId);
          if (begun) forecasts.set(event.data.sessionId, forecastContinued(begun, event.data));
          return;
        }
        case 'GridReconfigured': {
          const begun = forecasts.get(event.data.sessionId);
          if (begun) forecasts.set(event.data.sessionId, forecastReconfigured(begun, event.data));
          return;
        }
        case 'OutcomeSentForValidation':
          dueAt.set(event.data.outcomeId, event.data.answerDueAt);
          return;
        case 'OutcomeValidated':
          return validated(event);
        default:
          return grids.take(event);
      }
    },
  };
}

/** What the DSO's functions say to an outcome now. @throws Error when the log lacks what they need */
function askedAgain(
  state: ScheduledSession,
  round: number,
  known: {
    readonly replay: Replay;
    readonly grids: ReturnType<typeof createPublishedGrids>;
    readonly forecast: RecordedForecast | undefined;
  },
): RowValidation[] {
  const { forecast, grids, replay } = known;
  const { sessionId } = state.schedule;
  const { rows } = state.rounds[round]!;
  // Of nothing that was sold nothing is in the way.
  if (!forecast && rows.length === 0) return [];
  if (forecast?.missing !== 0)
    throw new Error(`the log holds no forecast for session ${sessionId} before it`);
  const grid = grids.operated(forecast.modelDigest);
  const earlier = { ...state, rounds: state.rounds.slice(0, round) };
  const sold = [...soldBefore(state, replay.dayAheadOf(state)), ...finalRows(earlier)];
  const before = withRows(grid, forecast, new Map(), sold, (row) => row.acceptedW);
  return validateOutcome(grid, forecast, before, rows);
}

/** The grid models of the log, opened when they are first needed, and where PoDs hang on them. */
function createPublishedGrids(sha256: Sha256) {
  const published = new Map<string, LoggedOf<'GridModelPublished'>['data']>();
  const operatedGrids = new Map<string, OperatedGrid>();
  const located: Pick<LoggedOf<'PodLocated'>['data'], 'gridId' | 'podId' | 'busId'>[] = [];
  const locate = (grid: OperatedGrid, { gridId, podId, busId }: (typeof located)[number]): void => {
    if (gridId === grid.gridId) grid.busOfPod.set(podId, busId);
  };
  return {
    take(event: LoggedEvent): void {
      if (event.type === 'PodLocated') {
        const { gridId, podId, busId } = event.data;
        located.push({ gridId, podId, busId });
        for (const grid of operatedGrids.values()) locate(grid, event.data);
      } else if (event.type === 'GridModelPublished') {
        const { digest, model } = event.data;
        const computed = documentDigest(sha256, model);
        if (computed !== digest) throw new Error(`its model's digest is ${computed}`);
        published.set(digest, event.data);
        operatedGrids.delete(digest);
      }
    },
    /** @throws Error when no such model is in the log */
    operated(digest: string): OperatedGrid {
      const open = operatedGrids.get(digest);
      if (open) return open;
      const model = published.get(digest);
      if (!model) throw new Error(`grid model ${digest} is not in the log before it`);
      const grid = operateGrid(model);
      for (const location of located) locate(grid, location);
      operatedGrids.set(digest, grid);
      return grid;
    },
  };
}

function noAnswer(index: number, mtus: number): RowValidation {
  const permittedW = new Array<number>(mtus).fill(0);
  return { index, status: 'KO', permittedW, violatedElement: 'no-answer' };
}

/** Silence counts only once the time for the answer is over. */
function earlyFault({ data, occurredAt }: Validated, answerDueAt: string): string | undefined {
  const isEarly = Date.parse(occurredAt) < Date.parse(answerDueAt);
  return data.validatedBy === 'no-answer' && isEarly
    ? `the DSO was given up at ${occurredAt}, its answer was due at ${answerDueAt}`
    : undefined;
}

interface Difference {
  readonly row: number;
  readonly reason: string;
}

/** The first row on which the two disagree beyond the tolerance. */
function differenceOf(
  rows: readonly { readonly acceptedW: readonly number[] }[],
  recorded: readonly RowValidation[],
  expected: readonly RowValidation[],
): Difference | undefined {
  const byIndex = (list: readonly RowValidation[]) => new Map(list.map((one) => [one.index, one]));
  const [said, found] = [byIndex(recorded), byIndex(expected)];
  const stray = recorded.find((one) => said.get(one.index) !== one || !rows[one.index]);
  if (stray) return { row: stray.index, reason: `row ${stray.index} is not there, or named twice` };
  for (const [index, { acceptedW }] of rows.entries()) {
    const [one, other] = [said.get(index), found.get(index)];
    const permittedW = (exception: RowValidation | undefined, mtu: number): number =>
      exception ? (exception.permittedW[mtu] ?? 0) : acceptedW[mtu]!;
    const isFar = acceptedW.some(
      (_, mtu) => Math.abs(permittedW(one, mtu) - permittedW(other, mtu)) > TOLERANCE_W,
    );
    const isOtherElement = one && other && one.violatedElement !== other.violatedElement;
    if (isFar || isOtherElement || (one && !isWellFormed(one, acceptedW.length))) {
      const reason = `row ${index} was judged ${told(one)}, asked again ${told(other)}`;
      return { row: index, reason };
    }
  }
  return undefined;
}

function isWellFormed({ status, permittedW }: RowValidation, mtus: number): boolean {
  const isSomething = permittedW.some((watts) => watts > 0);
  return permittedW.length === mtus && status === (isSomething ? 'partial' : 'KO');
}

function told(exception: RowValidation | undefined): string {
  return exception ? `${exception.status} for ${exception.violatedElement}` : 'OK';
}
