/** Costs and limits of a plant as a person types them, and as they are declared. */
import { type PlainText, t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';

/** Texts of the fields: ct/kWh, cents, kW, minutes, kW/min, kWh. */
export interface TypedCosts {
  readonly market: string;
  readonly weather: string;
  readonly maintenance: string;
  readonly operation: string;
  readonly strategy: string;
  readonly fixed: string;
  readonly feedIn: string;
  readonly response: string;
  readonly startUp: string;
  readonly ramp: string;
  readonly energy: string;
}

type Field = keyof TypedCosts;

/** How each field is called and in which unit, in the order of the form. */
export const COST_FIELDS: Readonly<Record<Field, PlainText>> = {
  market: 'Market, ct/kWh',
  weather: 'Weather, ct/kWh',
  maintenance: 'Maintenance, ct/kWh',
  operation: 'Operation, ct/kWh',
  strategy: 'Strategy, ct/kWh',
  fixed: 'Fixed, ct a quarter-hour',
  feedIn: 'Battery feeds in, kW',
  response: 'Responds after, min',
  startUp: 'Starts up in, min',
  ramp: 'Ramp, kW/min',
  energy: 'Most energy of a day, kWh',
};

/** What each field says where nothing is typed. */
export const COST_HINTS: Readonly<Partial<Record<Field, PlainText>>> = {
  market: 'what the energy is worth on the market',
  weather: 'what a cold or hot day adds',
  operation: 'comfort, losses, lost self-consumption',
  strategy: 'to be called later; below 0: sooner',
  fixed: 'of offering at all, however much',
  ramp: 'empty: as fast as asked',
  energy: 'empty: no limit',
};

/** Sent as micro-euro, W and Wh: by so much more than what is typed. */
const SCALE: Readonly<Record<Field, number>> = {
  market: 10_000,
  weather: 10_000,
  maintenance: 10_000,
  operation: 10_000,
  strategy: 10_000,
  fixed: 10_000,
  feedIn: 1_000,
  response: 1,
  startUp: 1,
  ramp: 1_000,
  energy: 1_000,
};

/** As the platform names them in what it refuses. */
const SENT_AS: Readonly<Record<string, Field>> = {
  marketMicroEurPerKwh: 'market',
  weatherMicroEurPerKwh: 'weather',
  maintenanceMicroEurPerKwh: 'maintenance',
  operationMicroEurPerKwh: 'operation',
  strategyMicroEurPerKwh: 'strategy',
  fixedMicroEurPerMtu: 'fixed',
  feedInW: 'feedIn',
  'limits.responseMinutes': 'response',
  'limits.startUpMinutes': 'startUp',
  'limits.rampWPerMinute': 'ramp',
  'limits.energyWh': 'energy',
};
const MAY_BE_NONE: readonly Field[] = ['ramp', 'energy'];

export const NO_COSTS: TypedCosts = {
  market: '0',
  weather: '0',
  maintenance: '0',
  operation: '0',
  strategy: '0',
  fixed: '0',
  feedIn: '0',
  response: '0',
  startUp: '0',
  ramp: '',
  energy: '',
};

/** What stands, as it would be typed. */
export function typedOf(unit: Schemas['UnitCostsDocument']): TypedCosts {
  const { limits } = unit;
  const text = (field: Field, value: number | null | undefined): string =>
    value === null || value === undefined ? NO_COSTS[field] : String(value / SCALE[field]);
  return {
    market: text('market', unit.marketMicroEurPerKwh),
    weather: text('weather', unit.weatherMicroEurPerKwh),
    maintenance: text('maintenance', unit.maintenanceMicroEurPerKwh),
    operation: text('operation', unit.operationMicroEurPerKwh),
    strategy: text('strategy', unit.strategyMicroEurPerKwh),
    fixed: text('fixed', unit.fixedMicroEurPerMtu),
    feedIn: text('feedIn', unit.feedInW),
    response: text('response', limits?.responseMinutes),
    startUp: text('startUp', limits?.startUpMinutes),
    ramp: text('ramp', limits?.rampWPerMinute),
    energy: text('energy', limits?.energyWh),
  };
}

/** What is wrong with what was typed, by field. */
export function costFaults(typed: TypedCosts): Readonly<Record<string, string>> {
  const faults: Record<string, string> = {};
  for (const field of Object.keys(COST_FIELDS) as Field[]) {
    const value = numberOf(typed[field]);
    if (value === undefined) {
      if (!MAY_BE_NONE.includes(field)) faults[field] = t('give a number; 0 for nothing');
    } else if (!Number.isFinite(value)) faults[field] = t('is no number');
    else if (value < 0 && field !== 'strategy') faults[field] = t('cannot be below 0');
  }
  return faults;
}

/** A number with a point or a comma; undefined for nothing. */
function numberOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text.trim().replace(',', '.'));
}

/** As it is declared. */
export function declaredOf(podId: string, typed: TypedCosts): Schemas['UnitCostsDto'] {
  const sent = (field: Field): number => Math.round((numberOf(typed[field]) ?? 0) * SCALE[field]);
  const orNone = (field: Field): number | null =>
    numberOf(typed[field]) === undefined ? null : sent(field);
  const limits = {
    responseMinutes: sent('response'),
    startUpMinutes: sent('startUp'),
    rampWPerMinute: orNone('ramp'),
    energyWh: orNone('energy'),
  };
  const isLimited = Object.values(limits).some((value) => value !== null && value !== 0);
  return {
    podId,
    marketMicroEurPerKwh: sent('market'),
    weatherMicroEurPerKwh: sent('weather'),
    maintenanceMicroEurPerKwh: sent('maintenance'),
    operationMicroEurPerKwh: sent('operation'),
    strategyMicroEurPerKwh: sent('strategy'),
    fixedMicroEurPerMtu: sent('fixed'),
    feedInW: sent('feedIn'),
    limits: isLimited ? limits : null,
  };
}

/** What the platform refused, by the fields of the form; what is of no field stays under its own name. */
export function faultsAsTyped(
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, reason]) => {
      const member = name.replace(/^units(\[\d+\]|\.\d+)\.?/, '');
      return [SENT_AS[member] ?? name, reason];
    }),
  );
}

/** All that depends on energy, µEUR/kWh. */
export const variableOf = (unit: Schemas['UnitCostsDocument']): number =>
  unit.marketMicroEurPerKwh +
  unit.weatherMicroEurPerKwh +
  unit.maintenanceMicroEurPerKwh +
  unit.operationMicroEurPerKwh +
  unit.strategyMicroEurPerKwh;
