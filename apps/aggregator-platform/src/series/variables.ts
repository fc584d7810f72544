/** What can be said of a PoD in each quarter-hour, and in which unit. */

/**
 * `baseline` and `measured`: power withdrawn less what is fed in. `flexibilityUp` and `flexibilityDown`: as
 * declared, none on days on which the customer has switched it off. `soldUp` and `soldDown`: accepted in
 * published sessions. `settled`: paid less penalties, absent until it is settled.
 */
export const VARIABLES = [
  'baseline',
  'measured',
  'flexibilityUp',
  'flexibilityDown',
  'soldUp',
  'soldDown',
  'settled',
] as const;
export type Variable = (typeof VARIABLES)[number];

/** Units that formulas name: `roofs.measured - 5 * kW`. */
export const UNIT_NAMES = ['kW', 'kWh', 'EUR'] as const;
export type UnitName = (typeof UNIT_NAMES)[number];

/** Exponents of power (kW), time (h) and money (EUR). */
export interface Unit {
  readonly power: number;
  readonly time: number;
  readonly money: number;
}

export const NO_UNIT: Unit = { power: 0, time: 0, money: 0 };
export const UNITS: Readonly<Record<UnitName, Unit>> = {
  kW: { power: 1, time: 0, money: 0 },
  kWh: { power: 1, time: 1, money: 0 },
  EUR: { power: 0, time: 0, money: 1 },
};

export function unitOfVariable(variable: Variable): Unit {
  return variable === 'settled' ? UNITS.EUR : UNITS.kW;
}

/** What a figure is shown in: `kW`, `EUR/kWh`, `1` where it has none. */
export function unitText(unit: Unit): string {
  const { power, time, money } = unit;
  const known: readonly (readonly [string, Unit])[] = [
    ['1', NO_UNIT],
    ...UNIT_NAMES.map((name) => [name, UNITS[name]] as const),
    ['EUR/kWh', { power: -1, time: -1, money: 1 }],
    ['EUR/kW', { power: -1, time: 0, money: 1 }],
    ['h', { power: 0, time: 1, money: 0 }],
  ];
  const found = known.find(([, one]) => isSameUnit(one, unit));
  if (found) return found[0];
  const factors = [
    ['kW', power],
    ['h', time],
    ['EUR', money],
  ] as const;
  return factors
    .filter(([, exponent]) => exponent !== 0)
    .map(([name, exponent]) => (exponent === 1 ? name : `${name}^${exponent}`))
    .join(' ');
}

export function isSameUnit(one: Unit, other: Unit): boolean {
  return one.power === other.power && one.time === other.time && one.money === other.money;
}
