/** What a data server says of a grid, of JSON or XML: measurements of one instant, and curves of meters. */
import { MTU_MS } from '@flexledger/domain';
import { type SourcedMeasurement, parseMeasurements } from '@flexledger/grid';
import { instantOf, listOf, membersOf } from '@flexledger/service-kit';
import type { TimedMeasurement } from './live-operations';

/** A day of quarter-hours and a summer's night. */
const MAX_CURVE = 100;
const MAX_VALUES = 20_000;
/** In the units of all kinds (pu, degrees, MW, Mvar, kA) above everything; recorded in millionths it is exact. */
const LARGEST = 1e6;
/** A meter of class B errs by 1 %, and counts whole Wh. */
const METER_SHARE = 0.01;
const METER_FLOOR_MW = 4e-6;

/**
 * Measurements of one instant, `{"at": …, "measurements": […]}`, each as `flexledger-measurements/1` has it.
 *
 * @throws Error, GridModelError saying what is wrong with which
 */
export function parseTimed(said: unknown): TimedMeasurement[] {
  const { at, measurements } = membersOf(said);
  const atMs = instantOf('at', at);
  const rows = listOf(measurements);
  if (rows.length === 0) throw new Error('measurements must hold one at least');
  if (rows.length > MAX_VALUES) throw new Error(`measurements must hold at most ${MAX_VALUES}`);
  return parsed(rows).map((measurement) => ({ atMs, measurement }));
}

/**
 * The curve of meters by quarter-hour, `{"from": …, "curves": [{"id": …, "bus": …, "powerW": […], "powerVar": […]}]}`,
 * withdrawal positive.
 *
 * @throws Error, GridModelError saying what is wrong with which
 */
export function parseCurves(said: unknown): TimedMeasurement[] {
  const { from, curves } = membersOf(said);
  const fromMs = instantOf('from', from);
  if (fromMs % MTU_MS !== 0) throw new Error('from must be the begin of a quarter-hour');
  const rows = listOf(curves).map(membersOf);
  if (rows.length === 0) throw new Error('curves must hold one at least');
  const values = rows.flatMap(({ id, bus, powerW, powerVar }) => {
    if (typeof id !== 'string' || typeof bus !== 'string') {
      throw new Error('a curve must name its id and its bus');
    }
    return [
      ...curveOf({ id: `${id} P`, bus, kind: 'pInjectionMw' }, numbersOf(id, 'powerW', powerW)),
      ...curveOf(
        { id: `${id} Q`, bus, kind: 'qInjectionMvar' },
        numbersOf(id, 'powerVar', powerVar),
      ),
    ];
  });
  if (values.length > MAX_VALUES) throw new Error(`curves must hold at most ${MAX_VALUES} values`);
  const checked = parsed(values.map(({ row }) => row));
  return values.map(({ mtu }, index) => ({
    atMs: fromMs + mtu * MTU_MS,
    measurement: checked[index]!,
  }));
}

function curveOf(
  row: { readonly id: string; readonly bus: string; readonly kind: string },
  watts: readonly number[],
): { readonly mtu: number; readonly row: object }[] {
  return watts.map((value, mtu) => ({
    mtu,
    row: {
      ...row,
      source: 'amr',
      value: -value / 1e6,
      sigma: (METER_SHARE * Math.abs(value)) / 1e6 + METER_FLOOR_MW,
    },
  }));
}

/** @throws Error, GridModelError saying what is wrong with which */
function parsed(rows: readonly unknown[]): readonly SourcedMeasurement[] {
  const found = parseMeasurements({ schema: 'flexledger-measurements/1', measurements: rows });
  const wrong = found.find(({ value, sigma }) => Math.max(Math.abs(value), sigma) > LARGEST);
  if (wrong)
    throw new Error(`${wrong.id} says what no grid has: value and sigma are at most ${LARGEST}`);
  return found;
}

function numbersOf(id: string, field: string, said: unknown): readonly number[] {
  const list = listOf(said);
  if (list.length > MAX_CURVE || list.some((value) => typeof value !== 'number')) {
    throw new Error(`${field} of ${id} must be at most ${MAX_CURVE} numbers`);
  }
  return list as readonly number[];
}
