import { Fields } from './model/fields';
import { GridModelError } from './model/grid-model-error';
import type { Network } from './model/network';
import { compileGrid } from './power-flow/compile';
import type { GridLoading } from './power-flow/demand';
import type { NotConverged } from './power-flow/solve-step';
import { solveSeries, type SeriesResult } from './series';

/**
 * Days of load and generation for some elements of a grid; read from `reference-grid-profiles/1`.
 */
export interface GridProfiles {
  /** Name of the grid they belong to. */
  readonly grid: string;
  readonly stepMinutes: number;
  /** Elements whose values stand in the days' columns, in that order. */
  readonly loadIds: readonly string[];
  readonly generatorIds: readonly string[];
  /** Order of the results. */
  readonly busIds: readonly string[];
  readonly lineIds: readonly string[];
  readonly days: readonly ProfileDay[];
}

/** One day: rows are steps, columns elements; MW and Mvar, loads consume, generators inject. */
export interface ProfileDay {
  readonly id: string;
  readonly externalGridVmPu: number;
  readonly loadPMw: readonly (readonly number[])[];
  readonly loadQMvar: readonly (readonly number[])[];
  readonly generatorPMw: readonly (readonly number[])[];
  readonly generatorQMvar: readonly (readonly number[])[];
}

/**
 * Results by step; null stands where a step did not converge or an element is unrated or out of
 * service.
 */
export interface DayResult {
  readonly id: string;
  /** `[step][bus]`, buses in the order of the profiles. */
  readonly busVmPu: readonly (readonly (number | null)[])[];
  /** `[step][line]`, lines in the order of the profiles. */
  readonly lineLoadingPercent: readonly (readonly (number | null)[])[];
  /** `[step]`, the highest of the grid's transformers; null where it has none. */
  readonly transformerLoadingPercent: readonly (number | null)[];
  readonly externalGridPMw: readonly (number | null)[];
  readonly externalGridQMvar: readonly (number | null)[];
  readonly totalLossesMw: readonly (number | null)[];
  /** Steps without a solution. */
  readonly notConverged: readonly (NotConverged & { readonly step: number })[];
}

/**
 * Reads the JSON of a profiles file and checks it against the grid it is for.
 *
 * @throws GridModelError naming the day, the step and what does not hold.
 */
export function parseProfiles(json: unknown, network: Network): GridProfiles {
  const file = Fields.of(json, 'profiles file');
  file.oneOf('schema', ['reference-grid-profiles/1']);
  const grid = file.text('grid');
  if (grid !== network.name) {
    file.refuse(
      'grid',
      `is "${grid}", the grid is "${network.name}"`,
      'Give the two that belong together',
    );
  }
  const ids = (name: string, table: readonly { readonly id: string }[]): string[] => {
    const known = new Set(table.map((row) => row.id));
    const list = file.value(name);
    if (!Array.isArray(list)) file.refuse(name, 'is not a list', 'Give a JSON array of ids');
    for (const id of list as unknown[]) {
      if (known.delete(id as string)) continue;
      file.refuse(name, `has ${JSON.stringify(id)}, unknown or twice`, 'Use ids of the grid, once');
    }
    return list as string[];
  };
  const loadIds = ids('loadIds', network.loads);
  const generatorIds = ids('generatorIds', network.staticGenerators);
  const steps = file.integer('steps');
  file.positive('steps');
  return {
    grid,
    stepMinutes: file.positive('stepMinutes'),
    loadIds,
    generatorIds,
    busIds: ids('busIds', network.buses),
    lineIds: ids('lineIds', network.lines),
    days: file.table('days', 'day').map((day) => ({
      id: day.text('id'),
      externalGridVmPu: day.numberOr('externalGridVmPu', network.externalGrid.vmPu),
      loadPMw: matrix(day, 'loadPMw', steps, loadIds),
      loadQMvar: matrix(day, 'loadQMvar', steps, loadIds),
      generatorPMw: matrix(day, 'generatorPMw', steps, generatorIds),
      generatorQMvar: matrix(day, 'generatorQMvar', steps, generatorIds),
    })),
  };
}

function matrix(day: Fields, name: string, steps: number, ids: readonly string[]): number[][] {
  const rows = day.value(name);
  if (!Array.isArray(rows) || rows.length !== steps) {
    day.refuse(name, `has no ${steps} rows`, 'Give one row per step');
  }
  (rows as unknown[]).forEach((row, step) => {
    if (!Array.isArray(row) || row.length !== ids.length) {
      day.refuse(`${name}[${step}]`, `has no ${ids.length} values`, 'Give one value per element');
    }
    const bad = (row as unknown[]).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      day.refuse(`${name}[${step}] for "${ids[bad]}"`, 'is no finite number', 'Give MW or Mvar');
    }
  });
  return rows as number[][];
}

/**
 * Solves every step of every day of the profiles. Elements without a profile keep the grid's
 * values.
 */
export function gridSeries(
  network: Network,
  profiles: GridProfiles,
): { readonly days: readonly DayResult[] } {
  const grid = compileGrid(network);
  const busOrder = indicesOf(network.buses, profiles.busIds);
  const lineOrder = indicesOf(network.lines, profiles.lineIds);
  const days = profiles.days.map((day): DayResult => {
    const result = solveSeries(grid, dayLoading(network, profiles, day));
    return { id: day.id, ...dayResult(network, result, busOrder, lineOrder) };
  });
  return { days };
}

/** The powers of a day for every element; those without a profile keep the grid's values. */
export function dayLoading(
  { loads, staticGenerators }: Network,
  { loadIds, generatorIds }: GridProfiles,
  day: ProfileDay,
): GridLoading {
  const steps = day.loadPMw.length;
  return {
    steps,
    loadPMw: spread(loads, (row) => row.pMw, loadIds, day.loadPMw),
    loadQMvar: spread(loads, (row) => row.qMvar, loadIds, day.loadQMvar),
    generatorPMw: spread(staticGenerators, (row) => row.pMw, generatorIds, day.generatorPMw),
    generatorQMvar: spread(staticGenerators, (row) => row.qMvar, generatorIds, day.generatorQMvar),
    externalGridVmPu: new Float64Array(steps).fill(day.externalGridVmPu),
  };
}

/** `[step][profile]` to the flat columns of a loading. */
function spread<Row extends { readonly id: string }>(
  table: readonly Row[],
  own: (row: Row) => number,
  ids: readonly string[],
  rows: readonly (readonly number[])[],
): Float64Array {
  const order = indicesOf(table, ids);
  const base = Float64Array.from(table, own);
  const column = new Float64Array(rows.length * table.length);
  rows.forEach((row, step) => {
    column.set(base, step * table.length);
    row.forEach((value, index) => (column[step * table.length + order[index]!] = value));
  });
  return column;
}

function dayResult(
  network: Network,
  result: SeriesResult,
  busOrder: readonly number[],
  lineOrder: readonly number[],
): Omit<DayResult, 'id'> {
  const { buses, lines, transformers } = network;
  const rows = <T>(row: (step: number) => T): T[] =>
    Array.from({ length: result.steps }, (_, step) => row(step));
  return {
    busVmPu: rows((step) =>
      busOrder.map((bus) => orNull(result.busVmPu[step * buses.length + bus]!)),
    ),
    lineLoadingPercent: rows((step) =>
      lineOrder.map((line) => {
        const { maxIKa } = lines[line]!;
        const iKa = result.lineIKa[step * lines.length + line]!;
        return maxIKa === null ? null : orNull((100 * iKa) / maxIKa);
      }),
    ),
    transformerLoadingPercent: rows((step) => {
      const first = step * transformers.length;
      const values = result.transformerLoadingPercent.subarray(first, first + transformers.length);
      const energised = values.filter((value) => !Number.isNaN(value));
      return energised.length === 0 ? null : Math.max(...energised);
    }),
    externalGridPMw: Array.from(result.externalGridPMw, orNull),
    externalGridQMvar: Array.from(result.externalGridQMvar, orNull),
    totalLossesMw: Array.from(result.totalLossesMw, orNull),
    notConverged: result.failures,
  };
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

function indicesOf(table: readonly { readonly id: string }[], ids: readonly string[]): number[] {
  const index = new Map(table.map((row, at) => [row.id, at]));
  return ids.map((id) => {
    const at = index.get(id);
    if (at !== undefined) return at;
    throw new GridModelError('profiles', `"${id}" is not in the grid`, 'Use ids of the grid');
  });
}
