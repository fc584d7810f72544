/** Rows of an indicator as groups of bars: a session, a day or a PoD each, its directions side by side. */
import { t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';

type Row = Schemas['KpiRow'];

export interface Bar {
  /** What it is of within its group: `up`, `active, up`; empty where the group has one bar. */
  readonly of: string;
  readonly direction: Row['direction'];
  /** Basis points; null where there is no value. */
  readonly value: number | null;
  /** Why there is none. */
  readonly note: string | null;
}

export interface BarGroup {
  readonly id: string;
  readonly bars: readonly Bar[];
}

/** Of one indicator in one scope, in the order of the rows; groups without any value are left out. */
export function barGroups(
  rows: readonly Row[],
  kpi: Row['kpi'],
  scope: Row['scope'],
): readonly BarGroup[] {
  const groups = new Map<string, Bar[]>();
  for (const row of rows) {
    if (row.kpi !== kpi || row.scope !== scope) continue;
    const bars = groups.get(row.id) ?? [];
    groups.set(row.id, bars);
    bars.push({
      of: named(row),
      direction: row.direction,
      value: row.valueBasisPoints,
      note: row.note,
    });
  }
  return [...groups]
    .map(([id, bars]) => ({ id, bars }))
    .filter(({ bars }) => bars.some(({ value }) => value !== null));
}

/** Names of the assets whose power flows are measured. */
function assetsNamed(category: Row['category']): string {
  switch (category) {
    case 'primarySubstation':
      return t('primary substations');
    case 'secondarySubstation':
      return t('secondary substations');
    case 'line':
      return t('lines');
    default:
      return '';
  }
}

/** Service, horizon and assets of a row, in words; empty for one that is of all. */
export function named({ product, direction, horizon, activity, category }: Row): string {
  return [
    product === 'P' ? 'active' : product === 'Q' ? 'reactive' : '',
    direction ?? '',
    activity === 'app' ? t('by the app') : activity === 'offers' ? t('by offers') : '',
    horizon === 'dayAhead' ? 'day-ahead' : horizon === 'realTime' ? 'real-time' : '',
    assetsNamed(category),
  ]
    .filter(Boolean)
    .join(', ');
}
