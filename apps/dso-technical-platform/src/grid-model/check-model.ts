import { DomainError } from '@flexledger/domain';
import { operateGrid } from '@flexledger/grid-operations';
import { asked } from '../grids/asked';
import type { PublishedGrid } from './published-grids';

/** @throws DomainError naming what does not hold */
export function checkModel(wanted: Omit<PublishedGrid, 'digest'>): void {
  const { compiled } = asked('grid-malformed', () => operateGrid({ ...wanted, digest: '' }));
  const lines = new Set(compiled.network.lines.map(({ id }) => id));
  const violations = Object.entries(wanted.limits.lineLimitA).flatMap(([id, limitA]) => {
    const field = `limits.lineLimitA.${id}`;
    if (!lines.has(id)) return { field, reason: 'is of no line of the model' };
    return limitA > 0 ? [] : { field, reason: 'must be a number above 0' };
  });
  const bands = [
    { minPerMille: wanted.limits.vMinPerMille, maxPerMille: wanted.limits.vMaxPerMille },
    ...(wanted.limits.mediumVoltage ? [wanted.limits.mediumVoltage] : []),
  ];
  if (bands.some(({ minPerMille, maxPerMille }) => minPerMille >= maxPerMille)) {
    violations.push({ field: 'limits', reason: 'have a lowest voltage above the highest' });
  }
  if (violations.length === 0) return;
  const [{ field, reason }] = violations as [{ field: string; reason: string }];
  throw new DomainError(
    'grid-malformed',
    `The limits do not hold: ${field} ${reason}.`,
    violations,
  );
}
