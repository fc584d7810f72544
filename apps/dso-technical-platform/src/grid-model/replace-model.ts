import { DomainError, type OperatingLimits } from '@flexledger/domain';
import type { CommandContext, EventStore } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';
import { checkModel } from './check-model';
import { lastPublished, publishGrid } from './published-grids';

/**
 * Publishes a model in the place of the one that stands, whose limits go on where none are given.
 *
 * @throws DomainError `grid-unknown`, `grid-malformed`
 */
export async function replaceModel(
  {
    store,
    clock,
    gridId,
  }: { readonly store: EventStore; readonly clock: Clock; readonly gridId: string },
  model: object,
  limits: OperatingLimits | undefined,
  context: CommandContext,
): Promise<void> {
  const last = await lastPublished(store, gridId);
  if (!last) throw new DomainError('grid-unknown', `No model of grid ${gridId} is published.`);
  const wanted = { gridId, model, limits: limits ?? last.limits };
  checkModel(wanted);
  await publishGrid(store, clock, wanted, context);
}
