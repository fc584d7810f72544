/** The load below an element of a grid: as forecast, as measured, and as it is on a day like this. */
import { t } from '../language/texts';
import type { GridTree } from './tree';

/** What a profile can be of: its PoDs hang at or below it. */
export interface ProfiledElement {
  readonly id: string;
  readonly name: string;
  readonly podIds: readonly string[];
}

export interface MeasuredQuarterHour {
  readonly mtuStartMs: number;
  readonly withdrawnWh: number;
  readonly injectedWh: number;
}

interface Located {
  readonly id: string;
  readonly bus: string;
}

const MTU_MS = 900_000;
const MTUS_PER_HOUR = 4;

/** The whole grid, each transformer with anything below it, and each PoD; in this order. */
export function profiledElements(
  tree: Pick<GridTree, 'branches'>,
  pods: readonly Located[],
): readonly ProfiledElement[] {
  const all = { id: '', name: t('the whole grid'), podIds: pods.map(({ id }) => id) };
  const transformers = tree.branches
    .filter(({ kind, apart }) => kind === 'transformer' && apart === undefined)
    .map(({ id, to }) => {
      const below = busesBelow(tree, to.id);
      const podIds = pods.filter(({ bus }) => below.has(bus)).map((pod) => pod.id);
      return { id, name: t('transformer {id}', { id }), podIds };
    })
    .filter(({ podIds }) => podIds.length > 0);
  return [all, ...transformers, ...pods.map(({ id }) => ({ id, name: id, podIds: [id] }))];
}

function busesBelow(tree: Pick<GridTree, 'branches'>, busId: string): ReadonlySet<string> {
  const below = new Set([busId]);
  // Branches stand in no order of depth; what was found leads on until nothing is new.
  for (let before = 0; before < below.size;) {
    before = below.size;
    for (const { from, to, apart } of tree.branches) {
      if (apart === undefined && below.has(from.id)) below.add(to.id);
    }
  }
  return below;
}

/**
 * W by quarter-hour of all PoDs together; null where one of them was not measured, as a sum without it would
 * look like less load.
 */
export function measuredSum(
  pods: readonly (readonly MeasuredQuarterHour[])[],
  startMs: number,
  mtuCount: number,
): (number | null)[] {
  const sums = new Array<number>(mtuCount).fill(0);
  const counts = new Array<number>(mtuCount).fill(0);
  for (const { mtuStartMs, withdrawnWh, injectedWh } of pods.flat()) {
    const mtu = (mtuStartMs - startMs) / MTU_MS;
    if (!(mtu >= 0 && mtu < mtuCount)) continue;
    sums[mtu]! += (withdrawnWh - injectedWh) * MTUS_PER_HOUR;
    counts[mtu]! += 1;
  }
  return sums.map((sum, mtu) => (pods.length > 0 && counts[mtu] === pods.length ? sum : null));
}

/**
 * W by quarter-hour that the customers of an element were forecast to draw together; null where the forecast
 * leaves one of them out. What others draw at the same buses is not measured here, and so is not in it.
 *
 * @param parts what each event of the forecast says of some customers
 */
export function forecastSum(
  parts: readonly {
    readonly podIds: readonly string[];
    readonly forecastW: readonly (readonly number[])[];
  }[],
  podIds: readonly string[],
  mtuCount: number,
): (number | null)[] {
  const rows = new Map(
    parts.flatMap((part) => part.podIds.map((podId, at) => [podId, part.forecastW[at]] as const)),
  );
  const found = podIds.map((podId) => rows.get(podId));
  return Array.from({ length: mtuCount }, (_, mtu) => {
    const values = found.map((row) => row?.[mtu]);
    return values.length === 0 || values.includes(undefined)
      ? null
      : values.reduce<number>((sum, value) => sum + value!, 0);
  });
}

/** The mean of several days by quarter-hour, of those that are known there; null where none is. */
export function typicalOf(days: readonly (readonly (number | null)[])[]): (number | null)[] {
  const mtuCount = Math.max(0, ...days.map(({ length }) => length));
  return Array.from({ length: mtuCount }, (_, mtu) => {
    const known = days.map((day) => day[mtu]).filter((value) => value != null);
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
  });
}
