/** Datasets of the register, the meters and the field. */
import { MTU_MINUTES, type MeterEvent } from '@flexledger/domain';
import {
  activationsView,
  findActivations,
  findPods,
  podRegisterView,
} from '@flexledger/projections';
import { type Dataset, type Row, allOf } from './dataset';

type Measurement = Extract<MeterEvent, { type: 'MeasurementRecorded' }>['data'];

const MTU_MS = MTU_MINUTES * 60_000;
const DETAILS = [
  'customerKind',
  'contractedPowerW',
  'annualEnergyKwh',
  'pvPeakW',
  'wallet',
] as const;
const FLEXIBILITY = ['upW', 'downW', 'upVar', 'downVar'] as const;

export const podsDataset: Dataset = {
  name: 'pods',
  about: 'the register, one row a PoD',
  columns: [
    ...['podId', 'status', 'aggregatorId', 'gridId', 'busId', 'pom', ...DETAILS, ...FLEXIBILITY],
    ...['meterDriver', 'agreementStatus', 'customerSharePerMille'],
  ],
  views: [podRegisterView],
  bySession: false,
  async *rows({ documents }) {
    for await (const pod of allOf((page) => findPods(documents, {}, page))) {
      const { podId, status, aggregatorId, gridId, busId, pom } = pod;
      const { details, flexibility, node, agreement } = pod;
      yield {
        ...{ podId, status, aggregatorId, gridId, busId, pom },
        ...fieldsOf(details, DETAILS),
        ...fieldsOf(flexibility, FLEXIBILITY),
        meterDriver: node?.meterDriver ?? null,
        agreementStatus: agreement?.status ?? null,
        customerSharePerMille: agreement?.terms.customerSharePerMille ?? null,
      };
    }
  },
};

export const measurementsDataset: Dataset = {
  name: 'measurements',
  about: 'certified measurements, one row a PoD and quarter-hour, in the order of the log',
  columns: [
    ...['podId', 'mtuStart', 'withdrawnWh', 'injectedWh', 'reactiveVarh', 'withdrawnTotalWh'],
    ...['injectedTotalWh', 'sequence', 'position', 'hash'],
  ],
  views: [],
  bySession: false,
  async *rows({ store }) {
    const filter = { types: ['MeasurementRecorded'] };
    for await (const { data, position } of store.readAll({ filter })) {
      const { podId, sequence, inputData, hash } = data as Measurement;
      const { mtuStart, withdrawnWh, injectedWh, reactiveVarh } = inputData;
      const { withdrawnTotalWh, injectedTotalWh } = inputData;
      yield {
        ...{ podId, mtuStart, withdrawnWh, injectedWh, reactiveVarh, withdrawnTotalWh },
        ...{ injectedTotalWh, sequence, position, hash },
      };
    }
  },
};

export const activationsDataset: Dataset = {
  name: 'activations',
  about: 'setpoints, one row a PoD and quarter-hour that has a target',
  columns: [
    ...['podId', 'aggregatorId', 'windowStart', 'setpointId', 'status', 'issuedAt', 'carriedAt'],
    ...[
      'receivedAt',
      'appliedAt',
      'failedAt',
      'failure',
      'mtu',
      'mtuStart',
      'targetW',
      'targetVar',
    ],
  ],
  views: [activationsView],
  bySession: false,
  async *rows({ documents }) {
    for await (const setpoint of allOf((page) => findActivations(documents, {}, page))) {
      const { podId, aggregatorId, windowStart, setpointId, status, issuedAt } = setpoint;
      const { carriedAt, receivedAt, appliedAt, failedAt, failure } = setpoint;
      const startMs = Date.parse(windowStart);
      for (const [mtu, targetW] of setpoint.targetW.entries()) {
        const targetVar = setpoint.targetVar[mtu] ?? null;
        if (targetW === null && targetVar === null) continue;
        yield {
          ...{ podId, aggregatorId, windowStart, setpointId, status, issuedAt, carriedAt },
          ...{ receivedAt, appliedAt, failedAt, failure, mtu },
          mtuStart: new Date(startMs + mtu * MTU_MS).toISOString(),
          ...{ targetW, targetVar },
        };
      }
    }
  },
};

/** Fields of what may be missing; null for each then. */
function fieldsOf<Name extends string>(
  source: Readonly<Record<Name, string | number>> | null,
  names: readonly Name[],
): Row {
  return Object.fromEntries(names.map((name) => [name, source?.[name] ?? null]));
}
