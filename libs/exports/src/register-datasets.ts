/** Datasets of the register, the meters and the field. */
import {
  type Chain2Full,
  type DeclaredFlexibility,
  type MeterEvent,
  deliveryDay,
  largestOf,
} from '@flexledger/domain';
import {
  activationsView,
  baselinesView,
  findActivations,
  findBaselines,
  findPods,
  lastRulePack,
  podRegisterView,
  eachOf,
} from '@flexledger/projections';
import { isoFromMs } from '@flexledger/runtime';
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
/** Columns of what is declared: the most of the day, and by quarter-hour where it differs. */
const FLEXIBILITY = {
  upW: 'upCurveW',
  downW: 'downCurveW',
  upVar: 'upCurveVar',
  downVar: 'downCurveVar',
} as const satisfies Record<keyof DeclaredFlexibility, string>;

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
    upCurveW: 'json',
    downCurveW: 'json',
    upCurveVar: 'json',
    downCurveVar: 'json',
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
        ...flexibilityFields(flexibility),
        ...fieldsOf(details?.connection ?? null, CONNECTION),
        meterDriver: node?.meterDriver ?? null,
        agreementStatus: agreement?.status ?? null,
        customerSharePerMille: agreement?.terms.customerSharePerMille ?? null,
      };
    }
  },
};

export const baselinesDataset: Dataset = {
  name: 'baselines',
  about: 'baselines as they were declared last, one row a PoD, delivery day and MTU',
  columns: {
    podId: 'text',
    deliveryDay: 'date',
    origin: 'text',
    declaredAt: 'timestamp',
    mtu: 'integer',
    mtuStart: 'timestamp',
    baselineW: 'integer',
    baselineVar: 'integer',
  },
  views: [baselinesView],
  narrows: true,
  async *rows(source) {
    const { store, documents, narrowed } = source;
    const { timeZone } = await lastRulePack(store);
    const where = narrowed ? { deliveryDay: narrowed.days } : {};
    for await (const baseline of eachOf((page) => findBaselines(documents, where, page))) {
      const { podId, deliveryDay: day, origin, declaredAt, baselineW, baselineVar } = baseline;
      const dayStart = isoFromMs(deliveryDay(day, timeZone).startMs);
      for (const [mtu, watts] of baselineW.entries()) {
        const start = mtuStart(dayStart, mtu);
        if (!isWanted(source, start)) continue;
        yield {
          podId,
          deliveryDay: day,
          origin,
          declaredAt,
          mtu,
          mtuStart: start,
          baselineW: watts,
          baselineVar: baselineVar?.[mtu] ?? null,
        };
      }
    }
  },
};

/** Of a meter that does not count the quadrants apart. */
const CHAIN2_ONLY: Readonly<Record<keyof Chain2Full, null>> = {
  meanPowerW: null,
  inductiveWithdrawnVarh: null,
  capacitiveInjectedVarh: null,
  inductiveInjectedVarh: null,
  capacitiveWithdrawnVarh: null,
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
    meanPowerW: 'integer',
    inductiveWithdrawnVarh: 'integer',
    capacitiveInjectedVarh: 'integer',
    inductiveInjectedVarh: 'integer',
    capacitiveWithdrawnVarh: 'integer',
  },
  views: [],
  narrows: true,
  async *rows(source) {
    const filter = { types: ['MeasurementRecorded'] };
    for await (const { data, position } of source.store.readAll({ filter })) {
      const { podId, sequence, inputData, hash } = data as Measurement;
      const { mtuStart: start, withdrawnWh, injectedWh, reactiveVarh } = inputData;
      if (!isWanted(source, start)) continue;
      const { withdrawnTotalWh, injectedTotalWh, chain2Full = CHAIN2_ONLY } = inputData;
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
        ...chain2Full,
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

/** The most of the day under each field, the curve beside it where there is one. */
function flexibilityFields(declared: DeclaredFlexibility | null): Row {
  const fields = Object.keys(FLEXIBILITY) as (keyof DeclaredFlexibility)[];
  const most = fields.map((field) => [field, declared && largestOf(declared[field])]);
  const curves = fields.map((field) => {
    const curve = declared?.[field];
    return [FLEXIBILITY[field], typeof curve === 'object' ? curve : null];
  });
  return Object.fromEntries([...most, ...curves]);
}

/** Fields of what may be missing; null for each then. */
function fieldsOf<Name extends string>(
  source: Readonly<Record<Name, string | number | null>> | null,
  names: readonly Name[],
): Row {
  return Object.fromEntries(names.map((name) => [name, source?.[name] ?? null]));
}
