/** Records that stand in several events (DESIGN 6) and count with their last part. */
import { type PartOf, canonicalJson, isLastPart } from '@flexledger/domain';

/** Waits for the last part of each record. */
export interface PartCollector<Event> {
  /** All parts of the record when `event` is its last one; undefined before. */
  take(key: string, event: Event): readonly Event[] | undefined;
}

/** Collects parts as the deciders do: part 0 begins anew, any other goes on. */
export function createPartCollector<
  Event extends { readonly data: { readonly part: PartOf } },
>(): PartCollector<Event> {
  const begun = new Map<string, Event[]>();
  return {
    take(key, event) {
      const { part } = event.data;
      const parts = part.index === 0 ? [] : (begun.get(key) ?? []);
      parts.push(event);
      if (!isLastPart(part)) {
        begun.set(key, parts);
        return undefined;
      }
      begun.delete(key);
      return parts;
    },
  };
}

/** The first part that does not hold the expected rows at its place, and which row that is. */
export function firstDifferentPart<Event>(
  parts: readonly Event[],
  rowsOf: (part: Event) => readonly unknown[],
  expected: readonly unknown[],
): { readonly part: Event; readonly row: number } | undefined {
  let row = 0;
  for (const part of parts) {
    for (const recorded of rowsOf(part)) {
      if (row >= expected.length || !sameBytes(recorded, expected[row])) return { part, row };
      row += 1;
    }
  }
  return row < expected.length ? { part: parts.at(-1)!, row } : undefined;
}

/** Equal as canonical JSON, which is what the log stores. */
export function sameBytes(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
