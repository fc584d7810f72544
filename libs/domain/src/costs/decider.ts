import { type Decider, DomainError, type Violation } from '../log/decider';
import { POD_ID } from '../pod/events';
import {
  type CostsEvent,
  type PlantLimits,
  type UnitCosts,
  VARIABLE_COSTS,
  variableCostMicroEurPerKwh,
} from './events';

export type CostsCommand =
  | {
      readonly kind: 'declareCosts';
      readonly aggregatorId: string;
      readonly units: readonly UnitCosts[];
    }
  | {
      readonly kind: 'declareMargin';
      readonly aggregatorId: string;
      readonly marginPerMille: number;
    };

/** What an aggregator has declared. */
export interface CostsState {
  readonly units: ReadonlyMap<string, UnitCosts>;
  /** null before it has said one, which counts as 0. */
  readonly marginPerMille: number | null;
}

/**
 * Costs and margin of one aggregator. A list is taken whole or not at all; what is declared already, to
 * the last watt, is left out. Whose the PoDs are the register knows, and is asked before.
 */
export const costsDecider: Decider<CostsState, CostsCommand, CostsEvent> = {
  initialState: { units: new Map(), marginPerMille: null },
  decide,
  evolve,
};

/** Plants in one event: some 300 bytes each. */
const UNITS_OF_AN_EVENT = 1_000;
/** No kWh is worth more: 1,000 EUR. */
const DEAREST_MICRO_EUR_PER_KWH = 1_000_000_000;
const LARGEST_W = 1_000_000_000;
const DAY_MINUTES = 1_440;
const MARGIN_PER_MILLE_MAX = 10_000;

function decide(command: CostsCommand, state: CostsState): CostsEvent[] {
  const { aggregatorId } = command;
  if (command.kind === 'declareMargin') {
    const { marginPerMille } = command;
    if (!isWithin(marginPerMille, 0, MARGIN_PER_MILLE_MAX)) {
      const reason = `is no whole number from 0 to ${MARGIN_PER_MILLE_MAX}`;
      throw new DomainError('margin-malformed', `The margin of ${aggregatorId} ${reason}.`, [
        { field: 'marginPerMille', reason },
      ]);
    }
    if (state.marginPerMille === marginPerMille) return [];
    return [{ type: 'MarginDeclared', data: { aggregatorId, marginPerMille } }];
  }
  const violations = command.units.flatMap((unit, index) => faultsOf(unit, `units[${index}]`));
  const named = new Set<string>();
  for (const [index, { podId }] of command.units.entries()) {
    if (named.has(podId))
      violations.push({ field: `units[${index}].podId`, reason: 'comes twice' });
    named.add(podId);
  }
  if (violations.length > 0) {
    const { field, reason } = violations[0]!;
    const others = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
    throw new DomainError(
      'costs-malformed',
      `The costs cannot be declared: ${field} ${reason}${others}; correct them and send them again.`,
      violations,
    );
  }
  const news = command.units
    .map(unitOf)
    .filter((unit) => !isSame(unit, state.units.get(unit.podId)));
  const events: CostsEvent[] = [];
  for (let from = 0; from < news.length; from += UNITS_OF_AN_EVENT) {
    const units = news.slice(from, from + UNITS_OF_AN_EVENT);
    events.push({ type: 'CostsDeclared', data: { aggregatorId, units } });
  }
  return events;
}

function faultsOf(unit: UnitCosts, at: string): Violation[] {
  const faults: Violation[] = [];
  const require = (isRight: boolean, field: string, reason: string): void => {
    if (!isRight) faults.push({ field: `${at}.${field}`, reason });
  };
  require(POD_ID.test(unit.podId), 'podId', 'is no PoD code like IT002E60776854');
  const dearest = DEAREST_MICRO_EUR_PER_KWH;
  for (const part of VARIABLE_COSTS) {
    const reason = `is no whole number from -${dearest} to ${dearest}`;
    require(isWithin(unit[part], -dearest, dearest), part, reason);
  }
  if (faults.length === 0 && variableCostMicroEurPerKwh(unit) < 0) {
    require(false, 'strategyMicroEurPerKwh', 'makes the cost of a kWh less than nothing');
  }
  const fromZero = (value: number, most: number, field: string): void =>
    require(isWithin(value, 0, most), field, `is no whole number from 0 to ${most}`);
  fromZero(unit.fixedMicroEurPerMtu, dearest, 'fixedMicroEurPerMtu');
  fromZero(unit.feedInW, LARGEST_W, 'feedInW');
  const { reactiveMicroEurPerKvarh } = unit;
  if (reactiveMicroEurPerKvarh !== undefined) {
    fromZero(reactiveMicroEurPerKvarh, dearest, 'reactiveMicroEurPerKvarh');
  }
  const { limits } = unit;
  if (limits === null) return faults;
  fromZero(limits.responseMinutes, DAY_MINUTES, 'limits.responseMinutes');
  fromZero(limits.startUpMinutes, DAY_MINUTES, 'limits.startUpMinutes');
  if (limits.rampWPerMinute !== null) {
    fromZero(limits.rampWPerMinute, LARGEST_W, 'limits.rampWPerMinute');
  }
  if (limits.energyWh !== null) fromZero(limits.energyWh, LARGEST_W, 'limits.energyWh');
  return faults;
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function evolve(state: CostsState, event: CostsEvent): CostsState {
  switch (event.type) {
    case 'CostsDeclared': {
      const declared = event.data.units.map((unit) => [unit.podId, unitOf(unit)] as const);
      return { ...state, units: new Map([...state.units, ...declared]) };
    }
    case 'MarginDeclared':
      return { ...state, marginPerMille: event.data.marginPerMille };
    default:
      return state;
  }
}

/** The members that are declared, and no others. */
function unitOf(source: UnitCosts): UnitCosts {
  const { podId, marketMicroEurPerKwh, weatherMicroEurPerKwh, maintenanceMicroEurPerKwh } = source;
  const { operationMicroEurPerKwh, strategyMicroEurPerKwh } = source;
  const { fixedMicroEurPerMtu, feedInW, limits, reactiveMicroEurPerKvarh } = source;
  return {
    podId,
    marketMicroEurPerKwh,
    weatherMicroEurPerKwh,
    maintenanceMicroEurPerKwh,
    operationMicroEurPerKwh,
    strategyMicroEurPerKwh,
    fixedMicroEurPerMtu,
    feedInW,
    limits: limits && limitsOf(limits),
    ...(reactiveMicroEurPerKvarh === undefined ? {} : { reactiveMicroEurPerKvarh }),
  };
}

function limitsOf({ responseMinutes, startUpMinutes, rampWPerMinute, energyWh }: PlantLimits) {
  return { responseMinutes, startUpMinutes, rampWPerMinute, energyWh };
}

function isSame({ limits, ...unit }: UnitCosts, other: UnitCosts | undefined): boolean {
  if (!other) return false;
  const { limits: otherLimits, ...otherUnit } = other;
  return (
    hasSameMembers(unit, otherUnit) &&
    (limits === null || otherLimits === null
      ? limits === otherLimits
      : hasSameMembers(limits, otherLimits))
  );
}

function hasSameMembers<Members extends object>(one: Members, other: Members): boolean {
  const names = Object.keys({ ...one, ...other }) as (keyof Members)[];
  return names.every((name) => one[name] === other[name]);
}
