/** A rule pack as a list of values, to see where two differ and to change one. */
import { t } from '../language/texts';

/** What stands at the end of a path: `settlement.penalty.points.1.penaltyPerMille`. */
export type RuleValue = string | number | boolean | null;

export interface RuleDifference {
  readonly path: string;
  /** Undefined where only the other pack has it. */
  readonly before: RuleValue | undefined;
  readonly after: RuleValue | undefined;
}

/** All values by their paths, in the order of the pack. */
export function valuesOf(pack: object): ReadonlyMap<string, RuleValue> {
  const found = new Map<string, RuleValue>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null) {
      found.set(path.join('.'), value as RuleValue);
      return;
    }
    for (const [key, member] of Object.entries(value)) walk(member, [...path, key]);
  };
  walk(pack, []);
  return found;
}

/** Where two packs differ. */
export function ruleDifferences(before: object, after: object): readonly RuleDifference[] {
  const [one, other] = [valuesOf(before), valuesOf(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .map((path) => ({ path, before: one.get(path), after: other.get(path) }))
    .filter((found) => found.before !== found.after);
}

/**
 * The pack with one value in the place of another of its kind.
 *
 * @throws RangeError for a path that the pack has not, or a text that is no value of the kind that stands there
 */
export function withValue<Pack extends object>(pack: Pack, path: string, text: string): Pack {
  const standing = valuesOf(pack).get(path);
  if (standing === undefined) throw new RangeError(t('The rules have no {path}.', { path }));
  const value = typed(standing, text.trim());
  const copy = structuredClone(pack);
  const keys = path.split('.');
  let holder = copy as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
  holder[keys.at(-1)!] = value;
  return copy;
}

function typed(standing: RuleValue, text: string): RuleValue {
  if (typeof standing === 'string') {
    if (text !== '') return text;
    throw new RangeError(t('Give a value.'));
  }
  if (typeof standing === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new RangeError(t('Give true or false.'));
  }
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value)) return value;
  throw new RangeError(t('Give a whole number.'));
}
