/**
 * Switching instead of buying (D3.3 A.3.1): a variant of the switches is tried on the forecast of a session,
 * and where it ends violations and harms nobody, an operator decides it. The model with it is published,
 * so that the next forecasts, requests and validations go by it, and the alarms end with the reason.
 */
import { DomainError } from '@flexledger/domain';
import type { CommandContext, EventStore } from '@flexledger/event-store';
import { type SwitchPosition, type SwitchedTables, withPositions } from '@flexledger/grid';
import type { OperatedGrid } from '@flexledger/grid-operations';
import { documentDigest } from '@flexledger/identity';
import type { OutcomesPort } from '@flexledger/ports';
import {
  type DocumentStore,
  type SessionDocument,
  getGridState,
  getSession,
} from '@flexledger/projections';
import { type Clock, WorkTooMuch, createWorkThread } from '@flexledger/runtime';
import { ServiceUnavailableException } from '@nestjs/common';
import type { Reconfiguration } from '../forecast/forecast-decider';
import type { ForecastRecorder } from '../forecast/record-forecast';
import type { OwnGrid } from '../grid-model/own-grid';
import { lastPublished, publishGrid } from '../grid-model/published-grids';
import { asked as orRefused } from '../grids/asked';
import { createLaterDecisions } from './later-decisions';
import { type SwitchingJob, gridOfJob } from './switching-thread';
import { type CutOff, type SwitchingEffect, isWorse, variantOf } from './variant-effect';

/** What a variant of the switches would do in one session. */
export interface SwitchingVariant {
  readonly gridId: string;
  readonly sessionId: string;
  readonly positions: readonly SwitchPosition[];
  /** No loops; one that is closed for a while is the operator's to answer for. */
  readonly isRadial: boolean;
  /** Independent loops. */
  readonly rings: number;
  readonly cutOff: CutOff;
  /** null where buses are cut off: such a grid is not solved. */
  readonly effect: SwitchingEffect | null;
  /** Why it cannot be decided, a code; null = it can. */
  readonly refusal: SwitchingRefusal | null;
}

/** Why a variant is not decided. */
export type SwitchingRefusal =
  'switching-cuts-supply' | 'switching-harms' | 'switching-ends-nothing';

/** Trying and deciding variants of the operated grid. */
export interface Switching {
  /**
   * @throws DomainError `forecast-unknown`, `forecast-outdated`, `switch-malformed`, `switching-too-large`;
   *   ServiceUnavailableException while too many others are tried
   */
  tried(sessionId: string, positions: readonly SwitchPosition[]): Promise<SwitchingVariant>;
  /**
   * @throws DomainError as above, `gate-closed`, `grid-changed` where another model was published meanwhile,
   *   `switching-out-of-order` where others decided for a later delivery and these cannot both be in force from then on, and
   *   the refusals of `SwitchingRefusal`
   */
  decide(
    sessionId: string,
    decided: { readonly positions: readonly SwitchPosition[]; readonly reason: string },
    context: CommandContext,
  ): Promise<Reconfiguration>;
}

export interface SwitchingOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly documents: DocumentStore;
  readonly grid: Pick<OwnGrid, 'gridId' | 'at' | 'asOf' | 'decidedAfter'>;
  readonly outcomes: Pick<OutcomesPort, 'soldBefore'>;
  readonly recorder: ForecastRecorder;
}

/** What one trial may take in its thread, and how many wait for it; the operator's screen would wait no longer. */
const MOST_SECONDS = 60;
const MOST_HEAP_MB = 1_000;
const MOST_ASKED = 6;

/** As `Switching`, over the log and the views. Power flows are solved in a thread, one trial at a time. */
export function createSwitching(options: SwitchingOptions): Switching {
  const { store, clock, documents, grid: own, outcomes, recorder } = options;
  const { gridId } = own;
  const thread = createWorkThread<SwitchingJob, SwitchingEffect>({
    name: 'trial of switches',
    file: require.resolve('./switching-thread'),
    mostSeconds: MOST_SECONDS,
    mostHeapMb: MOST_HEAP_MB,
  });
  let asked = 0;

  async function effectOf(job: SwitchingJob): Promise<SwitchingEffect> {
    if (asked >= MOST_ASKED) {
      throw new ServiceUnavailableException(
        `${asked} trials of switches are asked for and worked out one after another; ask again in a minute.`,
      );
    }
    asked += 1;
    try {
      return await thread.run(job);
    } catch (error) {
      if (!(error instanceof WorkTooMuch)) throw error;
      const said = `${error.message}; try it with \`flexledger grid solve\` on a part of the grid.`;
      throw new DomainError('switching-too-large', said);
    } finally {
      asked -= 1;
    }
  }

  async function forecastOf(sessionId: string) {
    const session = await getSession(documents, sessionId);
    const recorded = session && (await recorder.recorded(gridId, session));
    if (recorded?.forecast.missing === 0) return { session: session!, recorded };
    throw new DomainError(
      'forecast-unknown',
      `Grid ${gridId} has no forecast for ${sessionId}; it is made some minutes after the session's gate opens.`,
    );
  }

  async function tried(
    sessionId: string,
    positions: readonly SwitchPosition[],
  ): Promise<SwitchingVariant> {
    const { session, recorded } = await forecastOf(sessionId);
    const { forecast } = recorded;
    const before = await own.asOf(forecast.modelDigest);
    const current = await own.at(Date.parse(session.deliveryStart));
    requireSameBuses(before, current, sessionId);
    const { network, rings, cutOff } = orRefused('switch-malformed', () =>
      variantOf(current, positions),
    );
    const about = { gridId, sessionId, positions, isRadial: rings === 0, rings, cutOff };
    if (cutOff.busIds.length > 0) {
      return { ...about, effect: null, refusal: 'switching-cuts-supply' };
    }
    const sold = await outcomes.soldBefore(sessionId);
    const { mtuCount, busW, busVar } = forecast;
    const effect = await effectOf({
      before: gridOfJob(before),
      after: gridOfJob(current, network),
      forecast: { mtuCount, busW, busVar },
      sold,
    });
    return { ...about, effect, refusal: refusalOf(effect) };
  }

  /** Open requests that help with none of the violations that stay. */
  async function needless(sessionId: string, ended: ReadonlySet<string>): Promise<string[]> {
    const state = await getGridState(documents, gridId, sessionId);
    if (!state) return [];
    const needed = new Set(
      state.violations
        .filter(({ elementId, resolvedAt }) => resolvedAt === null && !ended.has(elementId))
        .flatMap(({ podIds }) => podIds),
    );
    return state.requests
      .filter(({ podIds, state: stands }) => {
        return stands !== 'held' && !podIds.some((podId) => needed.has(podId));
      })
      .map(({ requestId }) => requestId);
  }

  const laterDecisions = createLaterDecisions({
    ...{ store, clock, grid: own, recorder, forecastOf },
    isOpen: (session) => isBeforeGate(session, clock.nowMs()),
    async effectOf(sessionId, before, { network }) {
      const { forecast } = (await forecastOf(sessionId)).recorded;
      const { mtuCount, busW, busVar } = forecast;
      return effectOf({
        before: gridOfJob(before),
        after: gridOfJob(before, network),
        forecast: { mtuCount, busW, busVar },
        sold: await outcomes.soldBefore(sessionId),
      });
    },
  });

  return {
    tried,
    async decide(sessionId, { positions, reason }, context) {
      const { session, recorded } = await forecastOf(sessionId);
      const known = recorded.reconfiguration;
      const deliveryStartMs = Date.parse(session.deliveryStart);
      // Said again: the violations that it ended are none any more. It may have been cut short.
      if (known && isSame(known, positions, reason)) {
        const later = await laterDecisions.changedBy(deliveryStartMs, positions);
        const open = later.filter((one) => isBeforeGate(one.session, clock.nowMs()));
        await laterDecisions.carryOver(open, context);
        return known;
      }
      requireOpenGate(session, gridId, clock.nowMs());
      // What is tried on a model is safe on that model alone: two decisions could each be, and cut off supply together.
      const last = (await lastPublished(store, gridId))!;
      const { modelDigest: standing } = await own.at(deliveryStartMs);
      const variant = await tried(sessionId, positions);
      if (variant.refusal !== null) throw refused(variant, variant.refusal);
      const { ended: limits, left } = variant.effect!;
      const violated = new Set(left.map(({ elementId }) => elementId));
      const ended = [...new Set(limits.map(({ elementId }) => elementId))].filter(
        (elementId) => recorded.violated.has(elementId) && !violated.has(elementId),
      );
      if (ended.length === 0) throw refused(variant, 'switching-ends-nothing');
      const later = await laterDecisions.changedBy(deliveryStartMs, positions);
      await laterDecisions.requireSound(later, sessionId);
      // To try it has taken some seconds.
      requireOpenGate((await forecastOf(sessionId)).session, gridId, clock.nowMs());
      const base = (await lastPublished(store, gridId, standing))!;
      const tables = { switches: [], ...base.model } as unknown as SwitchedTables;
      const model = withPositions(tables, positions);
      const wanted = { gridId, model, limits: base.limits };
      // Said again after it was cut short, on a model that was published since, it is another model that is published.
      const commandId = `${context.commandId}/model/${documentDigest(wanted)}`;
      const named = { ...context, commandId };
      const { digest: modelDigest } = await publishGrid(store, clock, wanted, named, last);
      const requestsHeld = await needless(sessionId, new Set(ended));
      const event = { gridId, sessionId, positions, reason, modelDigest, ended };
      await recorder.reconfigure(session, event, requestsHeld, context);
      await laterDecisions.carryOver(later, context);
      return event;
    },
  };
}

function isSame(
  known: Reconfiguration,
  positions: readonly SwitchPosition[],
  reason: string,
): boolean {
  return documentDigest({ ...known, positions, reason }) === documentDigest(known);
}

/** @throws DomainError `forecast-outdated` */
function requireSameBuses(one: OperatedGrid, other: OperatedGrid, sessionId: string): void {
  const idsOf = ({ compiled }: OperatedGrid): string =>
    compiled.network.buses.map(({ id }) => id).join('\n');
  if (idsOf(one) === idsOf(other)) return;
  throw new DomainError(
    'forecast-outdated',
    `The grid has other buses than when ${sessionId} was forecast; try switches on the next session's forecast.`,
  );
}

/** By the clock too: a market that is down closes late. @throws DomainError `gate-closed` */
function requireOpenGate(session: SessionDocument, gridId: string, nowMs: number): void {
  if (isBeforeGate(session, nowMs)) return;
  const { sessionId, status } = session;
  throw new DomainError(
    'gate-closed',
    `Session ${sessionId} is ${isNotClosed(status) ? 'past its gate' : status}: it is validated on the switches that stood at its gate. ` +
      `For later sessions publish the model with PUT /api/v1/grids/${gridId}.`,
  );
}

const isNotClosed = (status: SessionDocument['status']): boolean =>
  status === 'scheduled' || status === 'open';

function isBeforeGate({ status, gateClosesAt }: SessionDocument, nowMs: number): boolean {
  return isNotClosed(status) && nowMs < Date.parse(gateClosesAt);
}

function refusalOf({ ended, left, appeared }: SwitchingEffect): SwitchingRefusal | null {
  if (appeared.length > 0 || left.some(isWorse)) return 'switching-harms';
  return ended.length === 0 ? 'switching-ends-nothing' : null;
}

function refused(
  { cutOff, effect, sessionId }: SwitchingVariant,
  refusal: SwitchingRefusal,
): DomainError {
  const shown = (ids: readonly string[]): string =>
    ids.length > 5 ? `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more` : ids.join(', ');
  if (refusal === 'switching-cuts-supply') {
    const said = `It would cut off ${shown(cutOff.busIds)}; close another way to them first.`;
    return new DomainError(refusal, said);
  }
  if (refusal === 'switching-ends-nothing') {
    const said = `No violation of session ${sessionId} that is open ends by it; try other switches.`;
    return new DomainError(refusal, said);
  }
  const { appeared, left } = effect!;
  const harmed = [...appeared, ...left.filter(isWorse)].map(({ elementId }) => elementId);
  return new DomainError(
    refusal,
    `It would bring ${shown([...new Set(harmed)])} out of limits, or further out; try other switches.`,
  );
}
