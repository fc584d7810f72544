/**
 * Filters as KurrentDB's clients send them: a list of prefixes, or a regular expression, over stream names or
 * event types. Expressions come from outside, and one that backtracks without end must not stop the log: they
 * run with a time limit, and their answers are remembered.
 */
import { Script, createContext } from 'node:vm';
import { LRUCache } from 'lru-cache';

/** A filter that cannot be used; the message says why. */
export class FilterRefused extends Error {
  override readonly name = 'FilterRefused';
}

const LONGEST_EXPRESSION = 2_000;
const TIME_LIMIT_MS = 500;
const NAMES_REMEMBERED = 50_000;
/** So many repeats outside of groups cannot take long for a name, and need no limit. */
const HARMLESS_REPEATS = 3;
const TEST = new Script('expression.test(name)');

/** Whether a name begins with one of the prefixes. */
export function prefixFilter(prefixes: readonly string[]): (name: string) => boolean {
  return (name) => prefixes.some((prefix) => name.startsWith(prefix));
}

/**
 * Whether a name matches an expression.
 *
 * @throws FilterRefused when it is none, or too long; its answer throws it too when a name takes too long
 */
export function regexFilter(source: string): (name: string) => boolean {
  if (source.length > LONGEST_EXPRESSION) {
    throw new FilterRefused(
      `the expression has ${source.length} characters, more than the ${LONGEST_EXPRESSION} that are taken`,
    );
  }
  let expression: RegExp;
  try {
    expression = new RegExp(source);
  } catch (error) {
    throw new FilterRefused((error as Error).message);
  }
  if (isHarmless(source)) return (name) => expression.test(name);
  const known = new LRUCache<string, boolean>({ max: NAMES_REMEMBERED });
  const context = createContext({ expression, name: '' }) as { name: string };
  return (name) => {
    let matches = known.get(name);
    if (matches === undefined) {
      context.name = name;
      matches = test(context, name);
      known.set(name, matches);
    }
    return matches;
  };
}

function isHarmless(source: string): boolean {
  const repeats = source.match(/[*+{]/g)?.length ?? 0;
  return repeats <= HARMLESS_REPEATS && !/\)[*+{?]|\\[1-9k]/.test(source);
}

function test(context: object, name: string): boolean {
  try {
    return TEST.runInContext(context, { timeout: TIME_LIMIT_MS }) as boolean;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new FilterRefused(
      `the expression takes more than ${TIME_LIMIT_MS} ms for ${JSON.stringify(name)}; use prefixes`,
    );
  }
}
