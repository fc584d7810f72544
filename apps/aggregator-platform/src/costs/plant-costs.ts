/**
 * What the aggregators of this platform have declared of their customers' plants (D3.3 A.2.2): by REST,
 * from a file, by a simulated day, always the same command. Automatic offers, price curve and dispatch
 * go by nothing else.
 */
import {
  type UnitCosts,
  costsDecider,
  costsStream,
  variableCostMicroEurPerKwh,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { type Views, allBidders, getUnitCosts, marginPerMilleOf } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { OwnKnowledge } from '../portfolio/portfolio';

export interface PlantCosts {
  /**
   * Declares costs and limits, all of them or none; what is declared already is left.
   *
   * @returns whether anything changed
   * @throws DomainError `costs-malformed` naming every field at fault
   */
  declare(
    aggregatorId: string,
    units: readonly UnitCosts[],
    context: CommandContext,
  ): Promise<boolean>;
  /** @returns whether it changed. @throws DomainError `margin-malformed` */
  declareMargin(
    aggregatorId: string,
    marginPerMille: number,
    context: CommandContext,
  ): Promise<boolean>;
  /** What holds of an aggregator's plants; those of which nothing is declared are absent. */
  knowledgeOf(
    aggregatorId: string,
    podIds: readonly string[],
  ): Promise<ReadonlyMap<string, OwnKnowledge>>;
  /** On the costs; 0 where none is declared. */
  marginPerMilleOf(aggregatorId: string): Promise<number>;
  /** Aggregators that have declared costs or a margin, and so act by themselves, in the order of their ids. */
  bidders(): Promise<readonly string[]>;
}

/** Plants that are declared at once, by whichever way. */
export const COST_UNITS_MAX = 5_000;
/** Documents asked for at once. */
const PAGE = 1_000;

export function createPlantCosts({
  log,
  views,
  clock,
}: {
  readonly log: EventStore;
  /** They MUST hold `unitCostsView` and `biddersView`. */
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly clock: Clock;
}): PlantCosts {
  const { documents } = views;
  const handler = createCommandHandler({ store: log, clock, decider: costsDecider });
  return {
    async declare(aggregatorId, units, context) {
      const command = { kind: 'declareCosts', aggregatorId, units } as const;
      const { events } = await handler.handle(costsStream(aggregatorId), command, context);
      return events.length > 0;
    },
    async declareMargin(aggregatorId, marginPerMille, context) {
      const command = { kind: 'declareMargin', aggregatorId, marginPerMille } as const;
      const { events } = await handler.handle(costsStream(aggregatorId), command, context);
      return events.length > 0;
    },
    async knowledgeOf(aggregatorId, podIds) {
      await views.caughtUp();
      const known = new Map<string, OwnKnowledge>();
      for (let from = 0; from < podIds.length; from += PAGE) {
        const part = podIds.slice(from, from + PAGE);
        for (const unit of await getUnitCosts(documents, aggregatorId, part)) {
          if (unit) known.set(unit.podId, knowledgeFrom(unit));
        }
      }
      return known;
    },
    async marginPerMilleOf(aggregatorId) {
      await views.caughtUp();
      return marginPerMilleOf(documents, aggregatorId);
    },
    async bidders() {
      await views.caughtUp();
      return (await allBidders(documents)).map(({ aggregatorId }) => aggregatorId);
    },
  };
}

/** Costs as offers and the price curve are made of them. */
function knowledgeFrom(unit: UnitCosts): OwnKnowledge {
  const { fixedMicroEurPerMtu, feedInW, limits, reactiveMicroEurPerKvarh } = unit;
  return {
    costMicroEurPerKwh: variableCostMicroEurPerKwh(unit),
    fixedCostMicroEurPerMtu: fixedMicroEurPerMtu,
    feedInW,
    ...(limits ? { limits } : {}),
    ...(reactiveMicroEurPerKvarh === undefined ? {} : { reactiveMicroEurPerKvarh }),
  };
}
