/** The keys of nodes, as the log says when each of them came: which one a packet is likely to be signed with. */
import { fromHex } from '@flexledger/domain';

/** A key that was enrolled, or that another one was followed by. */
export interface EnrolledKey {
  readonly podId: string;
  readonly publicKey: string;
  /** Position of the event that says so. */
  readonly position: number;
}

/** Keys by PoD and by their text. */
export interface NodeKeys {
  /** Each once. */
  readonly keys: readonly string[];
  /** Where a key stands in `keys`. */
  readonly placeOf: ReadonlyMap<string, number>;
  /** The point that a key's text is of, the same bytes each time. @throws RangeError when it is no hex */
  pointOf(publicKey: string): Uint8Array;
  /** The key that came last to a PoD's node before a position. Whether it was in force there the log's order says. */
  at(podId: string, position: number): string | undefined;
}

const POINT = /^04[0-9a-f]{128}$/;

/** @param enrolled in the order of the log */
export function createNodeKeys(enrolled: readonly EnrolledKey[]): NodeKeys {
  const placeOf = new Map<string, number>();
  const ofPod = new Map<string, EnrolledKey[]>();
  for (const key of enrolled) {
    if (!POINT.test(key.publicKey)) continue;
    if (!placeOf.has(key.publicKey)) placeOf.set(key.publicKey, placeOf.size);
    const known = ofPod.get(key.podId);
    if (known) known.push(key);
    else ofPod.set(key.podId, [key]);
  }
  const points = new Map<string, Uint8Array>();
  return {
    keys: [...placeOf.keys()],
    placeOf,
    pointOf(publicKey) {
      const known = points.get(publicKey);
      if (known) return known;
      const point = fromHex(publicKey);
      if (placeOf.has(publicKey)) points.set(publicKey, point);
      return point;
    },
    at: (podId, position) =>
      ofPod.get(podId)?.findLast((key) => key.position < position)?.publicKey,
  };
}
