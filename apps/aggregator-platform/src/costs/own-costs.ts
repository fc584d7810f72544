/** Costs of an aggregator's own plants: by hand or from a file, all of them or none. */
import { DomainError, type UnitCosts } from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import { CostFileError, type CostRow } from './parse-costs';
import type { PlantCosts } from './plant-costs';

/** Whose costs, and where they are declared. */
export interface CostsOwner {
  readonly aggregatorId: string;
  readonly register: Pick<RegisterPort, 'podsOf'>;
  readonly costs: Pick<PlantCosts, 'declare'>;
}

/**
 * Declares costs that name registered PoDs of the aggregator and no others.
 *
 * @returns whether anything changed
 * @throws DomainError `pod-foreign` or `costs-malformed`, naming every unit at fault
 */
export async function declareOwnCosts(
  { aggregatorId, register, costs }: CostsOwner,
  units: readonly UnitCosts[],
  context: CommandContext,
): Promise<boolean> {
  const customers = await register.podsOf({ aggregatorId });
  const known = new Set(customers.map(({ podId }) => podId));
  const foreign = units.flatMap(({ podId }, index) => (known.has(podId) ? [] : [{ podId, index }]));
  const [first] = foreign;
  if (!first) return costs.declare(aggregatorId, units, context);
  const others = foreign.length > 1 ? `, nor are ${foreign.length - 1} others` : '';
  throw new DomainError(
    'pod-foreign',
    `PoD ${first.podId} is not one of the registered PoDs of ${aggregatorId}${others}; register it ` +
      'first, or take it out.',
    foreign.map(({ podId, index }) => ({
      field: `units[${index}].podId`,
      reason: `${podId} is not one of your registered PoDs`,
    })),
  );
}

/**
 * The same with units of a file.
 *
 * @throws CostFileError naming every unit at fault by its place in the file
 */
export async function declareCostFile(
  owner: CostsOwner,
  rows: readonly CostRow[],
  context: CommandContext,
): Promise<boolean> {
  try {
    const units = rows.map(({ unit }) => unit);
    return await declareOwnCosts(owner, units, context);
  } catch (error) {
    const faults = error instanceof DomainError ? error.violations : [];
    if (faults.length === 0) throw error;
    throw new CostFileError(
      faults.map(({ field, reason }) => {
        const [, index, member] = /^units\[(\d+)\]\.(.*)$/.exec(field) ?? [];
        const at = index === undefined ? 'the file' : rows[Number(index)]!.at;
        return { at, reason: `${member ?? field} ${reason}` };
      }),
    );
  }
}
