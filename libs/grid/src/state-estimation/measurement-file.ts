import { Fields } from '../model/fields';
import type { BusMeasurement, Measurement } from './measurements';

/** Where a measurement comes from; it says nothing of its weight, which `sigma` alone says. */
export type MeasurementSource = 'scada' | 'amr' | 'pmu' | 'pseudo';

export type SourcedMeasurement = Measurement & { readonly source: MeasurementSource };

const busKinds = ['vmPu', 'vaDegree', 'pInjectionMw', 'qInjectionMvar'] as const;
const branchKinds = ['pFlowMw', 'qFlowMvar', 'iKa', 'iaDegree'] as const;
const sources = ['scada', 'amr', 'pmu', 'pseudo'] as const;

/**
 * Reads the JSON of a measurement file, `flexledger-measurements/1`:
 *
 * ```json
 * { "schema": "flexledger-measurements/1",
 *   "measurements": [
 *     { "id": "CP1 busbar", "source": "scada", "kind": "vmPu", "bus": "b1", "value": 1.02, "sigma": 0.003 },
 *     { "id": "feeder 3", "source": "pmu", "kind": "iKa", "element": "l3", "side": "from", "value": 0.11,
 *       "sigma": 0.0005 } ] }
 * ```
 *
 * Kinds and units are those of `Measurement`: a kind of a bus names its `bus`, a kind of a line or
 * transformer its `element` and `side`. `source` may be left out (`scada`).
 *
 * @throws GridModelError naming the measurement and the field. Whether its bus or element exists is
 * checked against the grid by `estimateState`.
 */
export function parseMeasurements(json: unknown): readonly SourcedMeasurement[] {
  const file = Fields.of(json, 'measurement file');
  file.oneOf('schema', ['flexledger-measurements/1']);
  file.textOr('note', '');
  const rows = file.table('measurements', 'measurement');
  const measurements = rows.map(parseMeasurement);
  for (const fields of [file, ...rows]) fields.refuseUnknown();
  return measurements;
}

function parseMeasurement(row: Fields): SourcedMeasurement {
  const common = {
    id: row.text('id'),
    source: row.value('source') === undefined ? ('scada' as const) : row.oneOf('source', sources),
    value: row.number('value'),
    sigma: row.positive('sigma'),
  };
  const kind = row.oneOf<Measurement['kind']>('kind', [...busKinds, ...branchKinds]);
  if (isBusKind(kind)) return { ...common, kind, bus: row.text('bus') };
  const side = row.oneOf('side', ['from', 'to'] as const);
  return { ...common, kind, element: row.text('element'), side };
}

const isBusKind = (kind: Measurement['kind']): kind is BusMeasurement['kind'] =>
  (busKinds as readonly string[]).includes(kind);
