/** The details of a PoD as they are registered and changed: which members there are, and what they may be. */
import { canonicalJson } from '../log/canonical-json';
import type { Violation } from '../log/decider';
import {
  CUSTOMER_KINDS,
  FLEXIBILITY_TYPES,
  type PodConnection,
  type PodDetails,
  SUPPLY_KINDS,
  VOLTAGE_LEVELS,
} from './events';

const TEXT_MAX = 100;

/** The members of details, and no others that came with them. */
export function detailsOf(source: PodDetails): PodDetails {
  const { aggregatorId, customerKind, contractedPowerW, annualEnergyKwh, pvPeakW, wallet } = source;
  const { supply, connection } = source;
  return {
    aggregatorId,
    customerKind,
    contractedPowerW,
    annualEnergyKwh,
    pvPeakW,
    wallet,
    ...(supply ? { supply: { by: supply.by, code: supply.code } } : {}),
    ...(connection ? { connection: connectionOf(connection) } : {}),
  };
}

function connectionOf(source: PodConnection): PodConnection {
  const { zone, voltageLevel, withdrawalLimitW, feedInLimitW } = source;
  const { inductiveLimitVar, capacitiveLimitVar, flexibilityType, smartContractId } = source;
  const { meterSerialNumber, meterGeneration } = source;
  const { storageW, storageWh, evChargerW, cogenerationW } = source;
  return {
    zone,
    voltageLevel,
    withdrawalLimitW,
    feedInLimitW,
    inductiveLimitVar,
    capacitiveLimitVar,
    flexibilityType,
    smartContractId,
    meterSerialNumber,
    meterGeneration,
    storageW,
    storageWh,
    evChargerW,
    cogenerationW,
  };
}

/** True when they say the same. */
export function sameDetails(one: PodDetails, other: PodDetails): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** What is wrong with the details of a PoD, by field; empty when nothing is. */
export function detailViolations(details: PodDetails): Violation[] {
  const violations: Violation[] = [];
  if (typeof details.aggregatorId !== 'string' || details.aggregatorId === '') {
    violations.push({ field: 'aggregatorId', reason: 'names no aggregator' });
  }
  if (!CUSTOMER_KINDS.includes(details.customerKind)) {
    violations.push({ field: 'customerKind', reason: `is not ${CUSTOMER_KINDS.join(' or ')}` });
  }
  if (!/^0x[0-9a-fA-F]{40}$/.test(details.wallet)) {
    violations.push({ field: 'wallet', reason: 'is not an address of 0x and 40 hex digits' });
  }
  for (const field of ['contractedPowerW', 'annualEnergyKwh', 'pvPeakW'] as const) {
    if (!Number.isSafeInteger(details[field]) || details[field] < 0) {
      violations.push({ field, reason: 'is not a whole number of 0 or more' });
    }
  }
  const { supply, connection } = details;
  if (supply && !SUPPLY_KINDS.includes(supply.by)) {
    violations.push({ field: 'supply.by', reason: `is not ${SUPPLY_KINDS.join(' or ')}` });
  }
  if (supply && !isText(supply.code)) {
    violations.push({ field: 'supply.code', reason: `is no text of 1 to ${TEXT_MAX} characters` });
  }
  return connection ? [...violations, ...connectionViolations(connection)] : violations;
}

function connectionViolations(connection: PodConnection): Violation[] {
  const violations: Violation[] = [];
  const require = (isRight: boolean, field: keyof PodConnection, reason: string): void => {
    if (!isRight) violations.push({ field: `connection.${field}`, reason });
  };
  const text = `is no text of 1 to ${TEXT_MAX} characters`;
  const { zone, voltageLevel, flexibilityType, smartContractId, meterSerialNumber } = connection;
  require(isText(zone), 'zone', text);
  require(isText(meterSerialNumber), 'meterSerialNumber', text);
  require(smartContractId === null || isText(smartContractId), 'smartContractId', text);
  const levels = `is not ${VOLTAGE_LEVELS.join(' or ')}`;
  require(VOLTAGE_LEVELS.includes(voltageLevel), 'voltageLevel', levels);
  const types = `is not ${FLEXIBILITY_TYPES.join(' or ')}`;
  require(FLEXIBILITY_TYPES.includes(flexibilityType), 'flexibilityType', types);
  require([1, 2].includes(connection.meterGeneration), 'meterGeneration', 'is not 1 or 2');
  for (const field of CONNECTION_AMOUNTS) {
    const isAmount = Number.isSafeInteger(connection[field]) && connection[field] >= 0;
    require(isAmount, field, 'is not a whole number of 0 or more');
  }
  return violations;
}

const CONNECTION_AMOUNTS = [
  'withdrawalLimitW',
  'feedInLimitW',
  'inductiveLimitVar',
  'capacitiveLimitVar',
  'storageW',
  'storageWh',
  'evChargerW',
  'cogenerationW',
] as const satisfies readonly (keyof PodConnection)[];

function isText(text: unknown): boolean {
  return typeof text === 'string' && text.length > 0 && text.length <= TEXT_MAX;
}
