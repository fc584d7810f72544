import { Fields } from '../model/fields';
import { GridModelError } from '../model/grid-model-error';

/** One row of a table of a pandapower network; `fields` names it in errors, such as `line 3`. */
export interface PandapowerRow {
  readonly index: number;
  readonly fields: Fields;
}

/** The tables of a network that pandapower's `to_json` has written. */
export interface PandapowerTables {
  /** Rows of a table, none where it is absent. */
  rows(table: string): readonly PandapowerRow[];
  /** Names and sizes of the tables that hold rows. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly network: Fields;
}

/** The name of an element; pandapower allows numbers there. */
export function nameOf(fields: Fields, fallback: string): string {
  const name = fields.value('name');
  return typeof name === 'number' ? String(name) : fields.textOr('name', '') || fallback;
}

/** A flag, which stands for itself where the file does not have its column. */
export const flagOr = (fields: Fields, name: string, fallback: boolean): boolean =>
  fields.value(name) === undefined ? fallback : fields.boolean(name);

/** A number, the default of pandapower's `create` functions where the file does not have its column. */
export const numberOrDefault = (fields: Fields, name: string, fallback: number): number =>
  fields.value(name) === undefined ? fallback : fields.number(name);

const remedy = 'Save the network by pandapower.to_json';

/**
 * Opens a pandapower network: `_object` holds the tables, each a DataFrame as JSON text of
 * orientation `split` (columns, index, data), or that JSON itself.
 *
 * @throws GridModelError where the JSON is not that of a pandapower network.
 */
export function pandapowerTables(json: unknown): PandapowerTables {
  const wrapper = Fields.of(json, 'pandapower file');
  if (wrapper.value('_class') !== 'pandapowerNet') {
    throw new GridModelError('pandapower file', '_class is not "pandapowerNet"', remedy);
  }
  const network = Fields.of(wrapper.value('_object'), 'pandapower network');
  const version = network.value('version');
  const isSince3 = Number.parseFloat(typeof version === 'string' ? version : '2') >= 3;
  const frames = new Map<string, Frame>();
  const object = wrapper.value('_object') as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(object)) {
    if ((value as { _class?: unknown } | null)?._class === 'DataFrame') {
      const frame = frameOf(name, value as Readonly<Record<string, unknown>>);
      frames.set(name, isSince3 ? withTapType(frame) : frame);
    }
  }
  return {
    rows: (table) => frames.get(table)?.index.map((_, at) => rowOf(table, frames, at)) ?? [],
    sizes: new Map(
      [...frames]
        .map(([name, { index }]) => [name, index.length] as const)
        .filter(([, n]) => n > 0),
    ),
    network,
  };
}

interface Frame {
  readonly columns: readonly string[];
  readonly index: readonly number[];
  readonly data: readonly (readonly unknown[])[];
}

function frameOf(table: string, wrapper: Readonly<Record<string, unknown>>): Frame {
  const stored = wrapper['_object'];
  let frame: unknown;
  try {
    frame = typeof stored === 'string' ? JSON.parse(stored) : stored;
  } catch {
    frame = undefined;
  }
  const { columns, index, data } = (frame ?? {}) as Partial<Frame>;
  if (![columns, index, data].every(Array.isArray) || index!.length !== data!.length) {
    throw new GridModelError(
      `pandapower table "${table}"`,
      'is not a DataFrame of orientation "split"',
      remedy,
    );
  }
  return { columns: columns!, index: index!, data: data! };
}

/** pandapower 3 takes a tap changer without a column for its type as one whose type nobody gives. */
function withTapType(frame: Frame): Frame {
  const missing = ['tap', 'tap2'].filter(
    (prefix) =>
      frame.columns.includes(`${prefix}_pos`) &&
      !frame.columns.includes(`${prefix}_changer_type`) &&
      !frame.columns.includes(`${prefix}_phase_shifter`),
  );
  if (missing.length === 0) return frame;
  return {
    index: frame.index,
    columns: [...frame.columns, ...missing.map((prefix) => `${prefix}_changer_type`)],
    data: frame.data.map((row) => [...row, ...missing.map(() => null)]),
  };
}

function rowOf(table: string, frames: ReadonlyMap<string, Frame>, at: number): PandapowerRow {
  const { columns, index, data } = frames.get(table)!;
  const values = Object.fromEntries(columns.map((column, k) => [column, data[at]![k]]));
  return { index: index[at]!, fields: Fields.of(values, `${table} ${index[at]}`) };
}
