/** What of a body no route takes, whatever it asks for: it would cost whoever checks it more than it is long. */
import { isLegible } from '@flexledger/domain';

/** Far deeper than anything that is asked for. */
const BODY_DEPTH = 100;
/** What checks an object takes more than linear time for its names: a tenth of a second for these. */
const MOST_MEMBERS = 10_000;

/** Why a value cannot be taken, if it cannot. No list is made of what is inside: a bid has a million numbers. */
export function unfitIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    if (isLegible(value)) return undefined;
    return `The text ${JSON.stringify(value).slice(0, 100)} holds NUL or half a surrogate pair; send it without.`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === BODY_DEPTH) {
    return `The body is nested deeper than ${BODY_DEPTH} levels; send it as the API says.`;
  }
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      if (typeof item === 'number') continue;
      const fault = unfitIn(item, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const members = Object.entries(value);
  if (members.length > MOST_MEMBERS) {
    return `An object of the body has ${members.length} members, more than ${MOST_MEMBERS}; send it as the API says.`;
  }
  for (const [name, member] of members) {
    const fault = unfitIn(name, depth + 1) ?? unfitIn(member, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
