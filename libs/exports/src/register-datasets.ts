/** Datasets of the register, the meters and the field. */
import type { MeterEvent } from '@flexledger/domain';
import {
  activationsView,
  findActivations,
  findPods,
  podRegisterView,
  eachOf,
} from '@flexledger/projections';
import { type Dataset, type Row, isWanted, mtuStart } from './dataset';

type Measurement = Extract<MeterEvent, { type: 'MeasurementRecorded' }>['data'];

const DETAILS = [
  'customerKind',
  'contractedPowerW',
  'annualEnergyKwh',
  'pvPeakW',
  'wallet',
] as const;
const CONNECTION = [
  'zone',
  'voltageLevel',
  'withdrawalLimitW',
  'feedInLimitW',
  'inductiveLimitVar',
  'capacitiveLimitVar',
  'flexibilityType',
  'smartContractId',
  'meterSerialNumber',
  'meterGeneration',
  'storageW',
  'storageWh',
  'evChargerW',
  'cogenerationW',
] as const;
const FLEXIBILITY = ['upW', 'downW', 'upVar', 'downVar'] as const;

export const podsDataset: Dataset = {
  name: 'pods',
  about: 'the register, one row a PoD',
  columns: {
    podId: 'text',
    status: 'text',
    aggregatorId: 'text',
    gridId: 'text',
    busId: 'text',
    pom: 'text',
    customerKind: 'text',
    contractedPowerW: 'integer',
    annualEnergyKwh: 'integer',
    pvPeakW: 'integer',
    wallet: 'text',
    upW: 'integer',
    downW: 'integer',
    upVar: 'integer',
    downVar: 'integer',
    zone: 'text',
    voltageLevel: 'text',
    withdrawalLimitW: 'integer',
    feedInLimitW: 'integer',
    inductiveLimitVar: 'integer',
    capacitiveLimitVar: 'integer',
    flexibilityType: 'text',
    smartContractId: 'text',
    meterSerialNumber: 'text',
    meterGeneration: 'integer',
    storageW: 'integer',
    storageWh: 'integer',
    evChargerW: 'integer',
    cogenerationW: 'integer',
    meterDriver: 'text',
    agreementStatus: 'text',
    customerSharePerMille: 'integer',
  },
  views: [podRegisterView],
  narrows: false,
  async *rows({ documents }) {
    for await (const pod of eachOf((page) => findPods(documents, {}, page))) {
      const { podId, status, aggregatorId, gridId, busId, pom } = pod;
      const { details, flexibility, node, agreement } = pod;
      yield {
        podId,
        status,
        aggregatorId,
        gridId,
        busId,
        pom,
        ...fieldsOf(details, DETAILS),
        ...fieldsOf(flexibility, FLEXIBILITY),
        ...fieldsOf(details?.connection ?? null, CONNECTION),
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
  columns: {
    podId: 'text',
    mtuStart: 'timestamp',
    withdrawnWh: 'integer',
    injectedWh: 'integer',
    reactiveVarh: 'integer',
    withdrawnTotalWh: 'integer',
    injectedTotalWh: 'integer',
    sequence: 'integer',
    position: 'integer',
    hash: 'text',
  },
  views: [],
  narrows: true,
  async *rows(source) {
    const filter = { types: ['MeasurementRecorded'] };
    for await (const { data, position } of source.store.readAll({ filter })) {
      const { podId, sequence, inputData, hash } = data as Measurement;
      const { mtuStart: start, withdrawnWh, injectedWh, reactiveVarh } = inputData;
      if (!isWanted(source, start)) continue;
      const { withdrawnTotalWh, injectedTotalWh } = inputData;
      yield {
        podId,
        mtuStart: start,
        withdrawnWh,
        injectedWh,
        reactiveVarh,
        withdrawnTotalWh,
        injectedTotalWh,
        sequence,
        position,
        hash,
      };
    }
  },
};

export const activationsDataset: Dataset = {
  name: 'activations',
  about: 'setpoints, one row a PoD and quarter-hour that has a target',
  columns: {
    podId: 'text',
    aggregatorId: 'text',
    windowStart: 'timestamp',
    setpointId: 'text',
    status: 'text',
    issuedAt: 'timestamp',
    carriedAt: 'timestamp',
    receivedAt: 'timestamp',
    appliedAt: 'timestamp',
    failedAt: 'timestamp',
    failure: 'text',
    mtu: 'integer',
    mtuStart: 'timestamp',
    targetW: 'integer',
    targetVar: 'integer',
  },
  views: [activationsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    for await (const setpoint of eachOf((page) => findActivations(documents, {}, page))) {
      const { podId, aggregatorId, windowStart, setpointId, status, issuedAt } = setpoint;
      const { carriedAt, receivedAt, appliedAt, failedAt, failure } = setpoint;
      for (const [mtu, targetW] of setpoint.targetW.entries()) {
        const targetVar = setpoint.targetVar[mtu] ?? null;
        const start = mtuStart(windowStart, mtu);
        if ((targetW === null && targetVar === null) || !isWanted(source, start)) continue;
        yield {
          podId,
          aggregatorId,
          windowStart,
          setpointId,
          status,
          issuedAt,
          carriedAt,
          receivedAt,
          appliedAt,
          failedAt,
          failure,
          mtu,
          mtuStart: start,
          targetW,
          targetVar,
        };
      }
    }
  },
};

/** Fields of what may be missing; null for each then. */
function fieldsOf<Name extends string>(
  source: Readonly<Record<Name, string | number | null>> | null,
  names: readonly Name[],
): Row {
  return Object.fromEntries(names.map((name) => [name, source?.[name] ?? null]));
}
