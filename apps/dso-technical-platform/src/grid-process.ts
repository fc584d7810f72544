/**
 * The DSO in the market: forecasts every session's delivery, records the violations it finds and the
 * requests that relieve them, sends those that no operator holds back, and validates outcomes. Times
 * come from the calendar, everything else from the log and from the DSO's own grid. Nothing is kept
 * from one event to the next but armed timers, which `replayAfter` arms anew.
 */
import {
  type ComputationParameters,
  DomainError,
  type FlexibilityRequest,
  type GridForecastEvent,
  type MarketSessionEvent,
  type Schedule,
  type RecordedEvent,
} from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import { type OrdersPort, PlatformUnavailable } from '@flexledger/ports';
import { type Clock, type Timers, messageOf } from '@flexledger/runtime';
import type { ForecastRecorder } from './forecast/record-forecast';
import type { AssessedSession, SessionAssessment } from './session-assessment';

export interface GridProcessOptions {
  readonly gridId: string;
  readonly orders: Pick<OrdersPort, 'requestFlexibility' | 'withdrawRequest'>;
  readonly assessment: SessionAssessment;
  readonly recorder: ForecastRecorder;
  /** A session of the log; undefined when the log has none of that name. */
  readonly sessionOf: (sessionId: string) => Promise<AssessedSession | undefined>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The parameters that a session goes by which was scheduled at a position of the log. */
  readonly parametersAt: (position: number) => Promise<ComputationParameters>;
  /** The position after which the sessions are scheduled that may have something to do still. */
  readonly liveSessionsAfter: () => Promise<number>;
  readonly onProblem: (problem: string) => void;
}

type Sent = Extract<MarketSessionEvent, { type: 'OutcomeSentForValidation' }>['data'];
type OperatorsWord = Extract<GridForecastEvent, { type: 'RequestHeld' | 'RequestReleased' }>;

const MINUTE_MS = 60_000;
/** What another platform was not there for is tried again so much later, until the gate closes. */
const AGAIN_MS = 30_000;

/** The market's last word on a request: its gate is closed, or its PoDs are no longer what they were when it was planned. */
const FINAL_REFUSALS = ['gate-closed', 'request-malformed', 'request-id-taken'];

/** The DSO's processors over one grid, in their order. */
export function createGridProcess(options: GridProcessOptions): readonly Processor[] {
  const { gridId, orders, assessment, recorder, timers } = options;

  async function send(
    session: AssessedSession,
    request: FlexibilityRequest,
    context: CommandContext,
  ): Promise<void> {
    await orders.requestFlexibility(session.sessionId, request, context);
    const named = { gridId, session, requestId: request.requestId };
    const confirmed = { ...context, commandId: `${context.commandId}/sent` };
    await recorder.confirmSent(named, confirmed);
  }

  /** Sends what is planned and neither held back nor sent already. */
  async function sendAll(session: AssessedSession, context: CommandContext): Promise<void> {
    const { planned, states } = await assessment.plan(session, context);
    const errors: unknown[] = [];
    for (const request of planned.values()) {
      const state = states.get(request.requestId);
      if (state === 'held' || state === 'sent') continue;
      const named = { ...context, commandId: `${context.commandId}/${request.requestId}` };
      try {
        await send(session, request, named);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      const first = messageOf(errors[0]);
      throw new AggregateError(
        errors,
        `${errors.length} of ${planned.size} requests for session ${session.sessionId} failed: ${first}`,
      );
    }
  }

  /** What an operator says counts as it stands now: an event seen again undoes no later one. */
  async function follow(event: RecordedEvent): Promise<void> {
    const { type, data } = event as unknown as OperatorsWord;
    if (data.gridId !== gridId) return;
    const { requestId, sessionId } = data;
    const session = await options.sessionOf(sessionId);
    const known = session && (await recorder.recorded(gridId, session));
    const request = known?.planned.get(requestId);
    const state = known?.states.get(requestId);
    if (!session || !request || state !== (type === 'RequestHeld' ? 'held' : 'released')) return;
    const context = contextFrom(event, 'dso/operator', 'dso');
    try {
      if (type === 'RequestHeld') await orders.withdrawRequest(sessionId, requestId, context);
      else await send(session, request, context);
    } catch (error) {
      // It was judged, and is judged so again. What is released before the gate opens leaves with the others.
      if (!FINAL_REFUSALS.some((code) => error instanceof DomainError && error.code === code))
        throw error;
      const what = type === 'RequestHeld' ? 'was not taken back' : 'was not sent';
      options.onProblem(
        `dso/operator: request ${requestId} of session ${sessionId} ${what}: ${messageOf(error)}`,
      );
    }
  }

  /**
   * Does something at an instant; again a little later while another platform does not answer, and
   * while the gate is not open yet: a market that was down, or schedules late, opens it late.
   */
  function arm(
    atMs: number,
    name: string,
    session: Schedule,
    task: () => Promise<unknown>,
    isAgain = false,
  ): void {
    timers.at(atMs, name, async () => {
      try {
        await task();
      } catch (error) {
        const againMs = options.clock.nowMs() + AGAIN_MS;
        const isAway = isUnavailable(error);
        const mayPass = isAway || isGateClosed(error);
        if (!mayPass || againMs >= Date.parse(session.gateClosesAt)) throw error;
        if (isAway && !isAgain) {
          options.onProblem(`${name}: ${(error as Error).message} It is tried again by itself.`);
        }
        // Told once that it waits, and by its error when it is given up.
        arm(againMs, name, session, task, isAway);
      }
    });
  }

  return [
    {
      name: 'dso/requests',
      types: ['SessionScheduled'],
      replayAfter: options.liveSessionsAfter,
      handle: async (event) => {
        const session = event.data as Schedule;
        const { sessionId } = session;
        const { forecastMinutes, reviewMinutes } = await options.parametersAt(event.position);
        const planMs = Date.parse(session.gateOpensAt) + forecastMinutes * MINUTE_MS;
        const sendMs = planMs + reviewMinutes * MINUTE_MS;
        const context = contextFrom(event, 'dso/forecast', 'dso');
        arm(planMs, `dso/forecast/${sessionId}`, session, () => assessment.plan(session, context));
        arm(sendMs, `dso/requests/${sessionId}`, session, () => sendAll(session, context));
      },
    },
    { name: 'dso/operator', types: ['RequestHeld', 'RequestReleased'], handle: follow },
    {
      name: 'dso/validation',
      types: ['OutcomeSentForValidation'],
      handle: async (event) => {
        const sent = event.data as Sent;
        const session = await options.sessionOf(sent.sessionId);
        if (!session)
          throw new Error(`Session ${sent.sessionId} is not in the log before ${event.id}.`);
        try {
          await assessment.validate(session, sent, contextFrom(event, 'dso/validate', 'dso'));
        } catch (error) {
          // The market went on without an answer: nobody can give it any more, nor has to.
          if (!(error instanceof DomainError && error.code === 'outcome-decided')) throw error;
          options.onProblem(`dso/validation: ${error.message}`);
        }
      },
    },
  ];
}

/** Another platform did not answer; part of it may have been done. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  return error instanceof PlatformUnavailable;
}

/** The market takes no requests for the session; before its gate closes: not yet. */
function isGateClosed(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isGateClosed);
  return error instanceof DomainError && error.code === 'gate-closed';
}
