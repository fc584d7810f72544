/**
 * Switches that are decided for a delivery when others are decided already for later ones: from those deliveries on both are in
 * force, as if they had been decided in the order of delivery. That was tried by nobody, so it is tried here.
 */
import { DomainError } from '@flexledger/domain';
import type { CommandContext, EventStore } from '@flexledger/event-store';
import { type SwitchPosition, type SwitchedTables, withPositions } from '@flexledger/grid';
import type { OperatedGrid } from '@flexledger/grid-operations';
import { documentDigest } from '@flexledger/identity';
import type { SessionDocument } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { SessionForecast } from '../forecast/forecast-decider';
import type { ForecastRecorder } from '../forecast/record-forecast';
import type { OwnGrid } from '../grid-model/own-grid';
import { type PublishedGrid, lastPublished, publishGrid } from '../grid-model/published-grids';
import { type GridVariant, type SwitchingEffect, isWorse, variantOf } from './variant-effect';

/** A session whose switches were decided before, with the model that would stand from its delivery on. */
export interface LaterDecision {
  readonly session: SessionDocument;
  readonly recorded: SessionForecast;
  readonly published: PublishedGrid;
  /** Of the earlier delivery's switches those that none before this one decides otherwise. */
  readonly positions: readonly SwitchPosition[];
  /** The model with the earlier delivery's switches too; its own come last. */
  readonly model: object;
}

export interface LaterDecisionsOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly grid: Pick<OwnGrid, 'gridId' | 'asOf' | 'decidedAfter'>;
  readonly recorder: ForecastRecorder;
  readonly forecastOf: (
    sessionId: string,
  ) => Promise<{ readonly session: SessionDocument; readonly recorded: SessionForecast }>;
  /** Whether switches may still be decided for a session. */
  readonly isOpen: (session: SessionDocument) => boolean;
  readonly effectOf: (
    sessionId: string,
    before: OperatedGrid,
    variant: GridVariant,
  ) => Promise<SwitchingEffect>;
}

/** Those decided for deliveries after that of a session, and what becomes of them by other switches. */
export interface LaterDecisions {
  /** Whose model is another with these switches; none where they were decided on top of them. */
  changedBy(
    deliveryStartMs: number,
    positions: readonly SwitchPosition[],
  ): Promise<readonly LaterDecision[]>;
  /** @throws DomainError `switching-out-of-order` where both together cannot be in force */
  requireSound(later: readonly LaterDecision[], sessionId: string): Promise<void>;
  /** Puts both in force from the later deliveries on; done again it adds nothing. */
  carryOver(later: readonly LaterDecision[], context: CommandContext): Promise<void>;
}

/** As `LaterDecisions`, over the log. */
export function createLaterDecisions(options: LaterDecisionsOptions): LaterDecisions {
  const { store, clock, grid, recorder } = options;
  const { gridId } = grid;

  async function of(
    { session, recorded }: Pick<LaterDecision, 'session' | 'recorded'>,
    digest: string,
    positions: readonly SwitchPosition[],
  ): Promise<LaterDecision[]> {
    const published = await lastPublished(store, gridId, digest);
    if (!published) return [];
    const tables = { switches: [], ...published.model } as unknown as SwitchedTables;
    const model = withPositions(withPositions(tables, positions), ownOf(recorded));
    return documentDigest(model) === documentDigest(tables)
      ? []
      : [{ session, recorded, published, positions, model }];
  }

  return {
    async changedBy(deliveryStartMs, positions) {
      const decided = await grid.decidedAfter(deliveryStartMs);
      const later: LaterDecision[] = [];
      let inForce = positions;
      for (const { digest, sessionId } of decided) {
        const found = await options.forecastOf(sessionId);
        later.push(...(await of(found, digest, inForce)));
        inForce = without(inForce, ownOf(found.recorded));
      }
      return later;
    },
    async requireSound(later, sessionId) {
      for (const { session, recorded, published, positions } of later) {
        const refuse = (why: string): DomainError =>
          new DomainError(
            'switching-out-of-order',
            `Switches are decided already for the later delivery of ${session.sessionId}, and ${why}; let flexibility be ` +
              `bought for ${sessionId}, or switch for one that is delivered after ${session.sessionId}.`,
          );
        if (!options.isOpen(session)) {
          throw refuse('its gate is over: it is validated on them alone');
        }
        const before = await grid.asOf(published.digest);
        const variant = variantOf(before, without(positions, ownOf(recorded)));
        if (variant.cutOff.busIds.length > 0) {
          throw refuse(
            `with these too ${variant.cutOff.busIds.slice(0, 5).join(', ')} would be cut off`,
          );
        }
        const { left, appeared } = await options.effectOf(session.sessionId, before, variant);
        const harmed = [...appeared, ...left.filter(isWorse)].map(({ elementId }) => elementId);
        if (harmed.length > 0) {
          throw refuse(
            `with these too ${harmed.slice(0, 5).join(', ')} would be out of limits there`,
          );
        }
      }
    },
    async carryOver(later, context) {
      for (const { session, recorded, published, model } of later) {
        const { reason, positions } = recorded.reconfiguration!;
        const { sessionId } = session;
        const wanted = { gridId, model, limits: published.limits };
        const commandId = `${context.commandId}/${sessionId}/${documentDigest(wanted)}`;
        const named = { ...context, commandId };
        const { digest: modelDigest } = await publishGrid(store, clock, wanted, named);
        const carried = { gridId, sessionId, positions, reason, modelDigest, ended: [] };
        await recorder.reconfigure(session, carried, [], named);
      }
    },
  };
}

const ownOf = ({ reconfiguration }: SessionForecast): readonly SwitchPosition[] =>
  reconfiguration?.positions ?? [];

const without = (
  positions: readonly SwitchPosition[],
  others: readonly SwitchPosition[],
): readonly SwitchPosition[] =>
  positions.filter((one) => !others.some((other) => isSameElement(one, other)));

const isSameElement = (one: SwitchPosition, other: SwitchPosition): boolean =>
  one.elementType === other.elementType && one.elementId === other.elementId;
