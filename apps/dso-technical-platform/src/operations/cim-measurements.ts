/**
 * Measurements in the Common Information Model (IEC 61970-301, package Meas) in RDF/XML: of each `AnalogValue` its
 * `Analog`, whose power system resource is a bus or branch of the published model by its id.
 */
import { type CimDocument, type CimNode, cimGraph } from '@flexledger/grid';
import { instantMs } from '@flexledger/runtime';
import { parseTimed } from './parse-operations';
import type { TimedMeasurement } from './live-operations';

/** What CIM names its places by: as much of a network. */
export interface Places {
  readonly buses: readonly { readonly id: string; readonly vnKv: number }[];
  readonly lines: readonly { readonly id: string }[];
  readonly transformers: readonly { readonly id: string }[];
}

const MULTIPLIERS: Readonly<Record<string, number>> = {
  none: 1,
  k: 1e3,
  M: 1e6,
};
/** Standard deviation as a share of the value, where the message has no accuracy; and the least. */
const USUAL_SHARE = 0.01;
const LEAST_SIGMA = 1e-5;

/** By `Measurement.measurementType`: the kind at a bus and at a branch, and units of SI in one of ours. */
const KINDS: Readonly<
  Record<string, { readonly bus?: string; readonly branch?: string; readonly per: number }>
> = {
  Voltage: { bus: 'vmPu', per: 1e3 },
  ThreePhaseActivePower: { bus: 'pInjectionMw', branch: 'pFlowMw', per: 1e6 },
  ThreePhaseReactivePower: { bus: 'qInjectionMvar', branch: 'qFlowMvar', per: 1e6 },
  LineCurrent: { branch: 'iKa', per: 1e3 },
};

/**
 * @throws Error, GridModelError naming the object that cannot be read, and why
 */
export function parseCimMeasurements(
  document: CimDocument,
  { buses, lines, transformers }: Places,
): TimedMeasurement[] {
  const graph = cimGraph([document]);
  const nominalKv = new Map(buses.map(({ id, vnKv }) => [id, vnKv]));
  const branches = new Set([...lines, ...transformers].map(({ id }) => id));
  const values = graph.ofClass('AnalogValue');
  if (values.length === 0) throw new Error('it holds no AnalogValue');
  return values.flatMap((value) => {
    const analog = value.to('AnalogValue.Analog');
    const row = rowOf(value, analog, nominalKv, branches);
    const stamp = value.value('MeasurementValue.timeStamp') ?? '';
    if (instantMs(stamp) === undefined) {
      throw new Error(`${value.label} has no timeStamp with its zone`);
    }
    return parseTimed({ at: stamp, measurements: [row] });
  });
}

function rowOf(
  value: CimNode,
  analog: CimNode,
  nominalKv: ReadonlyMap<string, number>,
  branches: ReadonlySet<string>,
): object {
  const type = analog.value('Measurement.measurementType') ?? '';
  const kind = KINDS[type];
  if (!kind) {
    throw new Error(`${analog.label} measures "${type}", not ${Object.keys(KINDS).join(', ')}`);
  }
  const resource = analog.reference('Measurement.PowerSystemResource');
  const multiplier = (analog.value('Measurement.unitMultiplier') ?? 'none').split('.').at(-1)!;
  const si = value.number('AnalogValue.value') * (MULTIPLIERS[multiplier] ?? NaN);
  if (!Number.isFinite(si)) throw new Error(`${analog.label} has the multiplier "${multiplier}"`);
  const kv = resource === undefined ? undefined : nominalKv.get(resource);
  const atBus = kv !== undefined && kind.bus !== undefined;
  const atBranch = resource !== undefined && branches.has(resource) && kind.branch !== undefined;
  if (!atBus && !atBranch) {
    throw new Error(
      `${analog.label} is of ${resource ?? 'no resource'}, which is no ${kind.bus ? 'bus' : 'branch'} of the ` +
        'published model',
    );
  }
  const perUnit = kind.bus === 'vmPu' ? kind.per * kv! : kind.per;
  const amount = si / perUnit;
  const percent = value.numberOr('MeasurementValue.sensorAccuracy', USUAL_SHARE * 100);
  const sigma = Math.max((Math.abs(amount) * percent) / 100, LEAST_SIGMA);
  const common = { id: analog.name, source: 'scada', value: amount, sigma };
  if (atBus) return { ...common, kind: kind.bus, bus: resource };
  const side = analog.value('Measurement.side') === 'to' ? 'to' : 'from';
  return { ...common, kind: kind.branch, element: resource, side };
}
