/**
 * The input of a balancing job in the JSON of `pymfm` (RWTH Aachen): kW, kWh and per cent, which are turned into whole
 * W and Wh here.
 */
import {
  type CommunityBattery,
  type CommunityMoment,
  type CommunityPlan,
  DomainError,
  type Violation,
} from '@flexledger/domain';
import { instantMs, isoFromMs } from '@flexledger/runtime';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** A job, before it is worked out: by rule or optimal, over a horizon or for a moment. */
export interface BalancingJob {
  readonly name: string;
  readonly application: string;
  readonly control: 'rule-based' | 'optimal';
  readonly plan: CommunityPlan | null;
  readonly moment: CommunityMoment | null;
}

/** A horizon of a week in quarter-hours. */
const MAX_STEPS = 672;
const MAX_BATTERIES = 10;

const instant = { type: 'string', format: 'instant', example: '2026-03-17T10:00:00Z' } as const;
const name = { type: 'string', minLength: 1, maxLength: 100 } as const;
const kilo = { type: 'number', minimum: -1e9, maximum: 1e9 } as const;
const size = { ...kilo, minimum: 0 } as const;
const percent = { type: 'number', minimum: 0, maximum: 100 } as const;
const efficiency = { type: 'number', minimum: 0.1, maximum: 1, default: 1 } as const;
const orNull = <Schema extends { readonly type: string }>(schema: Schema) => ({
  ...schema,
  type: [schema.type, 'null'],
});
const record = (required: object, optional: object = {}) => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
});

const battery = record(
  {
    bat_type: { enum: ['cbes', 'hbes'], description: "The community's, or a household's" },
    initial_SoC: percent,
    P_dis_max_kW: size,
    P_ch_max_kW: size,
    min_SoC: percent,
    max_SoC: percent,
    bat_capacity_kWh: { ...size, exclusiveMinimum: 0 },
  },
  {
    id: orNull(name),
    final_SoC: orNull(percent),
    ch_efficiency: efficiency,
    dis_efficiency: efficiency,
  },
);

/** JSON Schema of the body. */
export const PYMFM_INPUT_SCHEMA = record(
  {
    id: name,
    application: name,
    control_logic: { enum: ['rule_based', 'optimization_based'] },
    operation_mode: { enum: ['near_real_time', 'scheduling'] },
    uc_start: instant,
    uc_end: { ...instant, description: 'Begin of the last step' },
    battery_specs: {
      oneOf: [battery, { type: 'array', minItems: 1, maxItems: MAX_BATTERIES, items: battery }],
    },
  },
  {
    objective: {
      enum: ['exchange', 'losses'],
      default: 'exchange',
      description:
        "Least exchange with the grid, peaks counted once more, or least batteries' losses",
    },
    generation_and_load: {
      ...record(
        {
          values: {
            type: 'array',
            minItems: 2,
            maxItems: MAX_STEPS,
            items: record({ timestamp: instant, P_gen_kW: size, P_load_kW: size }),
          },
        },
        { pv_curtailment: { type: ['boolean', 'number', 'null'] } },
      ),
      type: ['object', 'null'],
    },
    day_end: orNull(instant),
    bulk: {
      ...record({ bulk_start: instant, bulk_end: instant, bulk_energy_kWh: kilo }),
      type: ['object', 'null'],
      description:
        'Batteries store (positive) or give so much in the steps that begin in this time',
    },
    P_net_after_kW_limitation: {
      type: ['array', 'null'],
      maxItems: MAX_STEPS,
      items: record(
        { timestamp: instant },
        { upper_bound: orNull(kilo), lower_bound: orNull(kilo) },
      ),
    },
    measurements_request: {
      ...record({
        timestamp: instant,
        P_req_kW: orNull(kilo),
        delta_T_h: { type: 'number', exclusiveMinimum: 0, maximum: 24 },
        P_net_meas_kW: kilo,
      }),
      type: ['object', 'null'],
    },
  },
);

interface PymfmBattery {
  readonly id?: string | null;
  readonly bat_type: 'cbes' | 'hbes';
  readonly initial_SoC: number;
  readonly final_SoC?: number | null;
  readonly P_dis_max_kW: number;
  readonly P_ch_max_kW: number;
  readonly min_SoC: number;
  readonly max_SoC: number;
  readonly bat_capacity_kWh: number;
  readonly ch_efficiency?: number;
  readonly dis_efficiency?: number;
}

interface PymfmInput {
  readonly id: string;
  readonly application: string;
  readonly control_logic: 'rule_based' | 'optimization_based';
  readonly operation_mode: 'near_real_time' | 'scheduling';
  readonly uc_start: string;
  readonly uc_end: string;
  readonly objective?: 'exchange' | 'losses';
  readonly generation_and_load?: {
    readonly pv_curtailment?: boolean | number | null;
    readonly values: readonly { timestamp: string; P_gen_kW: number; P_load_kW: number }[];
  } | null;
  readonly day_end?: string | null;
  readonly bulk?: { bulk_start: string; bulk_end: string; bulk_energy_kWh: number } | null;
  readonly P_net_after_kW_limitation?:
    | readonly { timestamp: string; upper_bound?: number | null; lower_bound?: number | null }[]
    | null;
  readonly measurements_request?: {
    readonly timestamp: string;
    readonly P_req_kW: number | null;
    readonly delta_T_h: number;
    readonly P_net_meas_kW: number;
  } | null;
  readonly battery_specs: PymfmBattery | readonly PymfmBattery[];
}

let compiled: ValidateFunction<PymfmInput> | undefined;

/** Compiled with the first job: most platforms are given none. */
function inputCheck(): ValidateFunction<PymfmInput> {
  const formats = { instant: (text: string) => instantMs(text) !== undefined };
  const ajv = (): Ajv => new Ajv({ allErrors: true, strict: false, formats });
  return (compiled ??= ajv().compile<PymfmInput>(PYMFM_INPUT_SCHEMA));
}

/**
 * @throws DomainError `balancing-job-unmatched`, naming every field that cannot be worked with and why
 */
export function parsePymfmInput(body: unknown): BalancingJob {
  const isInput = inputCheck();
  if (!isInput(body)) refuse((isInput.errors ?? []).map(violationOf));
  const { id, application, control_logic: logic, operation_mode: mode } = body;
  const control = logic === 'rule_based' ? 'rule-based' : 'optimal';
  const batteries = batteriesOf(body);
  if (control === 'rule-based' && batteries.length > 1) {
    refuse([{ field: 'battery_specs', reason: 'must be one battery: a rule steers no more' }]);
  }
  if (mode === 'near_real_time') {
    if (control === 'optimal') {
      const reason = 'must be rule_based: a moment has no horizon to be optimised over';
      refuse([{ field: 'control_logic', reason }]);
    }
    return { name: id, application, control, plan: null, moment: momentOf(body, batteries[0]!) };
  }
  return { name: id, application, control, plan: planOf(body, batteries), moment: null };
}

function refuse(violations: readonly Violation[]): never {
  const [first] = violations;
  throw new DomainError(
    'balancing-job-unmatched',
    `The job cannot be worked with: ${first?.field ?? 'body'} ${first?.reason ?? 'is malformed'}.`,
    violations.slice(0, 100),
  );
}

/** By the path of the field, also of one that is missing or should not be there. */
function violationOf({ instancePath, message, params }: ErrorObject): Violation {
  const named = (params['additionalProperty'] ?? params['missingProperty']) as string | undefined;
  const path = [...instancePath.split('/').slice(1), ...(named === undefined ? [] : [named])];
  return { field: path.join('.').slice(0, 200) || 'body', reason: message ?? 'is malformed' };
}

const KILO = 1_000;
const PPM = 1_000_000;
const HOUR_S = 3_600;

function batteriesOf({ battery_specs: specs }: PymfmInput): CommunityBattery[] {
  const list = Array.isArray(specs) ? (specs as readonly PymfmBattery[]) : [specs as PymfmBattery];
  const violations: Violation[] = [];
  const batteries = list.map((one, index): CommunityBattery => {
    const field = list.length === 1 ? 'battery_specs' : `battery_specs[${index}]`;
    const capacityWh = Math.round(one.bat_capacity_kWh * KILO);
    const stored = (share: number): number => Math.round((capacityWh * share) / 100);
    if (one.min_SoC > one.max_SoC) {
      violations.push({ field: `${field}.min_SoC`, reason: 'must not be above max_SoC' });
    }
    for (const [which, share] of [
      ['initial_SoC', one.initial_SoC],
      ['final_SoC', one.final_SoC ?? one.initial_SoC],
    ] as const) {
      if (share < one.min_SoC || share > one.max_SoC) {
        const reason = `${share} % must lie between min_SoC and max_SoC`;
        violations.push({ field: `${field}.${which}`, reason });
      }
    }
    return {
      batteryId: one.id ?? `bat_${index + 1}`,
      owner: one.bat_type === 'cbes' ? 'community' : 'household',
      capacityWh,
      initialWh: stored(one.initial_SoC),
      minWh: stored(one.min_SoC),
      maxWh: stored(one.max_SoC),
      finalWh: typeof one.final_SoC === 'number' ? stored(one.final_SoC) : null,
      maxChargeW: Math.round(one.P_ch_max_kW * KILO),
      maxDischargeW: Math.round(one.P_dis_max_kW * KILO),
      chargeEfficiencyPpm: Math.round((one.ch_efficiency ?? 1) * PPM),
      dischargeEfficiencyPpm: Math.round((one.dis_efficiency ?? 1) * PPM),
    };
  });
  const ids = batteries.map(({ batteryId }) => batteryId);
  ids.forEach((id, index) => {
    if (ids.indexOf(id) === index) return;
    violations.push({ field: `battery_specs[${index}].id`, reason: `"${id}" is there twice` });
  });
  if (violations.length > 0) refuse(violations);
  return batteries;
}

function momentOf(
  { measurements_request: measured }: PymfmInput,
  battery: CommunityBattery,
): CommunityMoment {
  if (!measured) {
    refuse([{ field: 'measurements_request', reason: 'must be given for near_real_time' }]);
  }
  return {
    at: isoFromMs(instantMs(measured.timestamp)!),
    stepSeconds: Math.max(1, Math.round(measured.delta_T_h * HOUR_S)),
    measuredNetW: Math.round(measured.P_net_meas_kW * KILO),
    // Without a request the community is balanced.
    requestedNetW: Math.round((measured.P_req_kW ?? 0) * KILO),
    battery,
  };
}

function planOf(input: PymfmInput, batteries: readonly CommunityBattery[]): CommunityPlan {
  const given = input.generation_and_load;
  if (!given) refuse([{ field: 'generation_and_load', reason: 'must be given for scheduling' }]);
  const allMs = given.values.map(({ timestamp }) => instantMs(timestamp)!);
  const stepMs = allMs[1]! - allMs[0]!;
  const uneven = allMs.findIndex((ms, at) => at > 0 && ms - allMs[at - 1]! !== stepMs);
  if (stepMs < 1_000 || stepMs % 1_000 !== 0 || uneven > 0) {
    const field = `generation_and_load.values[${Math.max(uneven, 1)}].timestamp`;
    refuse([{ field, reason: 'must follow in equal steps of whole seconds' }]);
  }
  const [startMs, endMs] = [instantMs(input.uc_start)!, instantMs(input.uc_end)!];
  const first = allMs.indexOf(startMs);
  const last = allMs.indexOf(endMs);
  const missing: Violation[] = [
    ...(first < 0 ? [{ field: 'uc_start', reason: 'must be a time of generation_and_load' }] : []),
    ...(last < first || last < 0
      ? [{ field: 'uc_end', reason: 'must be a time of generation_and_load, not before uc_start' }]
      : []),
  ];
  if (missing.length > 0) refuse(missing);
  const rows = given.values.slice(first, last + 1);
  const stepOf = (field: string, text: string): number => {
    const step = (instantMs(text)! - startMs) / stepMs;
    if (Number.isInteger(step) && step >= 0 && step < rows.length) return step;
    refuse([{ field, reason: 'must be a time of the horizon, uc_start to uc_end' }]);
  };
  const limits = input.P_net_after_kW_limitation ?? [];
  const netMaxW = rows.map((): number | null => null);
  const netMinW = rows.map((): number | null => null);
  limits.forEach(({ timestamp, upper_bound: upper, lower_bound: lower }, index) => {
    const step = stepOf(`P_net_after_kW_limitation[${index}].timestamp`, timestamp);
    if (typeof upper === 'number') netMaxW[step] = Math.round(upper * KILO);
    if (typeof lower === 'number') netMinW[step] = Math.round(lower * KILO);
    if ((netMinW[step] ?? -Infinity) > (netMaxW[step] ?? Infinity)) {
      const field = `P_net_after_kW_limitation[${index}].lower_bound`;
      refuse([{ field, reason: 'must not be above upper_bound' }]);
    }
  });
  const { bulk, day_end: dayEnd } = input;
  const window = bulk && {
    first: stepOf('bulk.bulk_start', bulk.bulk_start),
    last: stepOf('bulk.bulk_end', bulk.bulk_end),
    energyWh: Math.round(bulk.bulk_energy_kWh * KILO),
  };
  if (window && window.last < window.first) {
    refuse([{ field: 'bulk.bulk_end', reason: 'must not be before bulk_start' }]);
  }
  return {
    startAt: isoFromMs(startMs),
    stepSeconds: stepMs / 1_000,
    loadW: rows.map((row) => Math.round(row.P_load_kW * KILO)),
    generationW: rows.map((row) => Math.round(row.P_gen_kW * KILO)),
    mayCurtail: Boolean(given.pv_curtailment),
    netMaxW,
    netMinW,
    dayEndStep: dayEnd ? Math.max(1, stepOf('day_end', dayEnd)) : rows.length,
    bulk: window ?? null,
    batteries,
    objective: input.objective ?? 'exchange',
  };
}
