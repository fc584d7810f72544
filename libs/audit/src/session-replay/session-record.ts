/**
 * What the log holds of one session: its order book when the gate closed, what became of it, and all
 * that its settlement knew when it was computed. Read up to the settlement that counts, so that a
 * replay under the same rules meets the same facts.
 */
import {
  type MarketSessionState,
  type MeteringSource,
  type RecordedForecast,
  type RulePack,
  type ScheduledSession,
  type Settlement,
  decodeEvent,
  forecastBegun,
  forecastContinued,
  forecastReconfigured,
  isLastPart,
  marketSessionDecider,
  sessionStream,
  settlementStream,
} from '@flexledger/domain';
import { type LogReader, SessionNotAuditable } from '../log-reader';
import type { LoggedEvent, LoggedOf } from '../logged-event';
import { createReplay } from '../replay';

export interface SessionRecord {
  /** As the gate left it: all that was asked for and offered. */
  readonly closed: ScheduledSession;
  /** As it is recorded, with its rounds. */
  readonly session: ScheduledSession;
  /** Sessions of the delivery day in the order in which they sell, this one among them. */
  readonly ofTheDay: readonly MarketSessionState[];
  /** The day-ahead session of the delivery day, itself if it is one; `unknown` when there was none. */
  readonly dayAhead: MarketSessionState;
  /** The pack it was scheduled under. */
  readonly rules: RulePack;
  /** The settlement that counts; undefined before the first. */
  readonly settlement: Settlement | undefined;
  /** Baselines, meters and sales as that settlement knew them, of the PoDs on the order book. */
  readonly metering: MeteringSource;
  readonly grid: GridRecord;
}

/** What a technical validation rests on. */
export interface GridRecord {
  /** The forecast the DSO validated with; undefined when the log holds none. */
  readonly forecast: RecordedForecast | undefined;
  readonly model: LoggedOf<'GridModelPublished'>['data'] | undefined;
  /** Bus of each PoD on that grid. */
  readonly busOfPod: ReadonlyMap<string, string>;
}

const TYPES: readonly LoggedEvent['type'][] = [
  'RulePackAdopted',
  'GridModelPublished',
  'PodLocated',
  'ForecastComputed',
  'ForecastContinued',
  'GridReconfigured',
  'BaselineDeclared',
  'MeasurementRecorded',
];

/**
 * @throws SessionNotAuditable when the log has no such session, or no result of it
 * @throws UnknownEventVersion when what it rests on is of a newer release
 */
export async function readSessionRecord(log: LogReader, sessionId: string): Promise<SessionRecord> {
  const closed = await closedSession(log, sessionId);
  const podIds = podsOnBook(closed);
  const untilPosition = await lastSettled(log, sessionId);
  const replay = createReplay();
  const grid = createGridReader(sessionId);
  const isWanted = (event: LoggedEvent): boolean =>
    (event.type !== 'BaselineDeclared' && event.type !== 'MeasurementRecorded') ||
    podIds.has(event.data.podId);
  for await (const recorded of log.readAll()) {
    if (recorded.position > untilPosition) break;
    const isOfMarket = /^(session|settlement)-/.test(recorded.streamId);
    if (!isOfMarket && !TYPES.some((type) => type === recorded.type)) continue;
    const event = decodeEvent(recorded) as unknown as LoggedEvent;
    if (!isOfMarket && !isWanted(event)) continue;
    replay.take(event);
    grid.take(event);
  }
  const session = replay.scheduled(sessionId);
  const rules = replay.rulesOf(session);
  return {
    closed,
    session,
    ofTheDay: replay.sessionsOfDay(session),
    dayAhead: replay.dayAheadOf(session),
    rules,
    settlement: replay.settlement(sessionId).settlements.findLast(({ complete }) => complete),
    metering: replay.metering(rules),
    grid: grid.record(),
  };
}

async function closedSession(log: LogReader, sessionId: string): Promise<ScheduledSession> {
  let state: MarketSessionState = marketSessionDecider.initialState;
  let closed: ScheduledSession | undefined;
  for await (const recorded of log.readStream(sessionStream(sessionId))) {
    const event = decodeEvent(recorded) as unknown as LoggedOf<
      'SessionOpened' | 'SessionCancelled'
    >;
    if (event.type === 'SessionCancelled') {
      const { reason } = event.data;
      throw new SessionNotAuditable(
        `Session ${sessionId} was cancelled (${reason}): nothing was bought in it to replay.`,
      );
    }
    state = marketSessionDecider.evolve(state, event);
    if (state.status === 'closed') closed = state;
  }
  if (state.status === 'unknown') {
    throw new SessionNotAuditable(
      `The log has no session "${sessionId}"; "flexledger export sessions" lists those it has.`,
    );
  }
  if (closed && state.status === 'published') return closed;
  throw new SessionNotAuditable(
    `Session ${sessionId} is ${state.status}; it can be replayed once its result is published.`,
  );
}

function podsOnBook({ bids }: ScheduledSession): Set<string> {
  return new Set(bids.flatMap(({ offerParts }) => offerParts.flat().map(({ podId }) => podId)));
}

/** Position of the end of the settlement that counts; beyond all when there is none. */
async function lastSettled(log: LogReader, sessionId: string): Promise<number> {
  let position: number | undefined;
  for await (const recorded of log.readStream(settlementStream(sessionId))) {
    const event = decodeEvent(recorded) as unknown as LoggedOf<'SettlementComputed'>;
    if (event.type === 'SettlementComputed' && isLastPart(event.data.part)) {
      position = event.position;
    }
  }
  return position ?? Infinity;
}

/** Keeps the session's first forecast, as it is the one that counts, and its grid. */
function createGridReader(sessionId: string) {
  const models = new Map<string, LoggedOf<'GridModelPublished'>['data']>();
  const located = new Map<string, Map<string, string>>();
  let forecast: GridRecord['forecast'];
  return {
    take(event: LoggedEvent): void {
      if (event.type === 'GridModelPublished') models.set(event.data.digest, event.data);
      else if (event.type === 'PodLocated') {
        const { gridId, podId, busId } = event.data;
        located.set(gridId, (located.get(gridId) ?? new Map<string, string>()).set(podId, busId));
      } else if (event.type === 'ForecastComputed' && event.data.sessionId === sessionId) {
        if (forecast?.missing !== 0) forecast = forecastBegun(event.data);
      } else if (event.type === 'ForecastContinued' && event.data.sessionId === sessionId) {
        forecast &&= forecastContinued(forecast, event.data);
      } else if (event.type === 'GridReconfigured' && event.data.sessionId === sessionId) {
        forecast &&= forecastReconfigured(forecast, event.data);
      }
    },
    record(): GridRecord {
      const model = forecast && models.get(forecast.modelDigest);
      return { forecast, model, busOfPod: located.get(model?.gridId ?? '') ?? new Map() };
    },
  };
}
