/**
 * The reading types of IEC 61968-9 (annex C) that a message may hold, by the member that each becomes. The code
 * of 18 numbers says, among others, the measuring period (2: fifteen minutes), the accumulation (1: bulk quantity,
 * 4: delta, 12: instantaneous), the flow direction (1: forward, 19: reverse, 4: net, 15 to 18: the quadrants), the
 * kind (12: energy, 37: power), the power of ten and the unit (72: Wh, 73: varh, 38: W). It is written here with the
 * power of ten 0; a message may use another one.
 */
import type { Chain2Full, MeasurementInput } from '@flexledger/domain';
import type { PowerMessage } from '../mqtt/messages';

type Member =
  | Exclude<keyof MeasurementInput, 'podId' | 'sequence' | 'mtuStart' | 'chain2Full'>
  | keyof Chain2Full
  | Exclude<keyof PowerMessage, 'at' | 'podId'>;

export const READING_TYPES: Readonly<Record<Member, string>> = {
  withdrawnWh: '0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0',
  injectedWh: '0.0.2.4.19.1.12.0.0.0.0.0.0.0.0.0.72.0',
  reactiveVarh: '0.0.2.4.4.1.12.0.0.0.0.0.0.0.0.0.73.0',
  withdrawnTotalWh: '0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.0.72.0',
  injectedTotalWh: '0.0.0.1.19.1.12.0.0.0.0.0.0.0.0.0.72.0',
  meanPowerW: '0.2.2.0.4.1.37.0.0.0.0.0.0.0.0.0.38.0',
  inductiveWithdrawnVarh: '0.0.2.4.15.1.12.0.0.0.0.0.0.0.0.0.73.0',
  capacitiveInjectedVarh: '0.0.2.4.16.1.12.0.0.0.0.0.0.0.0.0.73.0',
  inductiveInjectedVarh: '0.0.2.4.17.1.12.0.0.0.0.0.0.0.0.0.73.0',
  capacitiveWithdrawnVarh: '0.0.2.4.18.1.12.0.0.0.0.0.0.0.0.0.73.0',
  withdrawnW: '0.0.0.12.1.1.37.0.0.0.0.0.0.0.0.0.38.0',
  injectedW: '0.0.0.12.19.1.37.0.0.0.0.0.0.0.0.0.38.0',
};

export const CHAIN2_FULL_MEMBERS: readonly string[] = [
  'meanPowerW',
  'inductiveWithdrawnVarh',
  'capacitiveInjectedVarh',
  'inductiveInjectedVarh',
  'capacitiveWithdrawnVarh',
] satisfies (keyof Chain2Full)[];

export const POWER_MEMBERS: readonly string[] = ['withdrawnW', 'injectedW'] satisfies Member[];

const memberOf = new Map(
  Object.entries(READING_TYPES).map(([member, code]) => [code, member as Member]),
);
const NUMBERS = 18;
/** Where the power of ten stands. */
const MULTIPLIER_AT = 15;

/** The member that a code's values become, and their power of ten; undefined for what is not read here. */
export function readingTypeOf(code: string): { member: Member; powerOfTen: number } | undefined {
  const numbers = code.split('.');
  if (numbers.length !== NUMBERS) return undefined;
  const given = numbers[MULTIPLIER_AT]!;
  const member = memberOf.get(numbers.with(MULTIPLIER_AT, '0').join('.'));
  return member !== undefined && /^-?\d$/.test(given)
    ? { member, powerOfTen: Number(given) }
    : undefined;
}

/**
 * A decimal number times a power of ten, exactly.
 *
 * @throws RangeError where it is no number, or not whole then
 */
export function wholeFrom(decimal: string, powerOfTen: number): number {
  const [, sign, digits, fraction = ''] =
    /^([+-]?)(\d{1,15})(?:\.(\d{1,15}))?$/.exec(decimal) ?? [];
  if (digits === undefined) throw new RangeError(`"${decimal.slice(0, 40)}" is no decimal number`);
  const places = fraction.length - powerOfTen;
  const all = BigInt(digits + fraction);
  const divisor = 10n ** BigInt(Math.max(0, places));
  const scaled = all * 10n ** BigInt(Math.max(0, -places));
  const whole = scaled / divisor;
  if (whole * divisor !== scaled || whole > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`${decimal} times 10^${powerOfTen} is not whole, or too large`);
  }
  // No negative zero, which JSON would not tell from zero.
  return whole === 0n ? 0 : Number(sign === '-' ? -whole : whole);
}
