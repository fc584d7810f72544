/** Reads what a session rests on: its events, and the tree that they are leaves of. */
import { type Bundle, type BundleTrust } from '@flexledger/audit';
import { TILE_WIDTH, decodeEntryBundle, entryBundlePath } from '@flexledger/merkle-log';
import { readPinned } from '../audit/pinned';
import { api, take } from '../data/client';
import { Problem, problemOf } from '../data/problem';
import type { CloudEvent } from './recorded';
import type { CertifiedLog } from './session-bundle';
import { trustIn } from './trust';

/** What a browser can hold and compute in a minute. */
const EVENTS_AT_MOST = 60_000;
const LEAVES_AT_MOST = 1_000_000;
const PAGE = 1_000;
const TILES_AT_ONCE = 6;

type Asked = { readonly types: string } | { readonly stream: string };
const OF_MARKET: readonly Asked[] = [
  { stream: 'session-' },
  { types: 'RulePackAdopted,GridModelPublished,PodLocated' },
];
const OF_SETTLEMENT: readonly Asked[] = [
  { stream: 'settlement-' },
  { types: 'ForecastComputed,ForecastContinued' },
  { stream: 'node-' },
  { stream: 'pod-' },
  { stream: 'meter-' },
];

/** The market's events alone: orders, results, rules. @throws Problem */
export const readMarketEvents = (tell: (words: string) => void): Promise<readonly CloudEvent[]> =>
  readEvents(OF_MARKET, tell);

/** All that settlements rest on as well. @throws Problem */
export const readAllEvents = (tell: (words: string) => void): Promise<readonly CloudEvent[]> =>
  readEvents([...OF_MARKET, ...OF_SETTLEMENT], tell);

async function readEvents(
  queries: readonly Asked[],
  tell: (words: string) => void,
): Promise<readonly CloudEvent[]> {
  const found = new Map<string, CloudEvent>();
  for (const asked of queries) {
    let after: number | undefined;
    for (;;) {
      const query = { ...asked, limit: PAGE, ...(after === undefined ? {} : { after }) };
      const page = await take(api.GET('/api/v1/events', { params: { query } }));
      // The same address gives a stream, as text, to who asks for one.
      const { items, next } = page as Exclude<typeof page, string>;
      for (const event of items) found.set(event.id, event);
      tell(`${found.size.toLocaleString('en-GB')} events read`);
      if (found.size > EVENTS_AT_MOST) {
        throw new Problem(
          413,
          'This log is larger than a browser takes at once; use the command line.',
        );
      }
      if (next === null) break;
      after = next;
    }
  }
  return [...found.values()].sort((a, b) => a.position - b.position);
}

/** The log under its last anchored checkpoint. @throws Problem where there is none yet */
export async function readCertifiedLog(): Promise<CertifiedLog> {
  const [{ items }, { items: keyChanges }, { certification }] = await Promise.all([
    take(api.GET('/api/v1/anchors', { params: { query: { limit: 32 } } })),
    take(api.GET('/api/v1/log/key-changes', {})),
    take(api.GET('/api/v1/status', {})),
  ]);
  const at = items.findIndex(({ anchor, note }) => anchor !== null && note !== null);
  const anchored = items[at];
  if (!anchored) {
    throw new Problem(
      409,
      'No checkpoint is anchored yet; the first follows about a minute after the first event.',
    );
  }
  if (anchored.size > LEAVES_AT_MOST) {
    throw new Problem(
      413,
      `This log has ${anchored.size} events, more than a browser computes with; use the command line.`,
    );
  }
  const later = items.slice(0, at).filter(({ anchor }) => anchor !== null).length;
  const hashes = await readHashes(anchored.size);
  return { note: anchored.note!, keyChanges, anchors: certification.anchored - later, hashes };
}

/** Hashes of the first `size` events, tile by tile. */
async function readHashes(size: number): Promise<readonly Uint8Array[]> {
  const tiles = Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, index) => ({
    index,
    width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH),
  }));
  const read: (readonly Uint8Array[])[] = [];
  for (let from = 0; from < tiles.length; from += TILES_AT_ONCE) {
    const some = tiles.slice(from, from + TILES_AT_ONCE);
    read.push(...(await Promise.all(some.map((tile) => readTile(entryBundlePath(tile))))));
  }
  return read.flat();
}

async function readTile(path: string): Promise<readonly Uint8Array[]> {
  const response = await fetch(`/api/v1/log/${path}`);
  if (!response.ok) throw problemOf(response.status, null);
  return decodeEntryBundle(new Uint8Array(await response.arrayBuffer()));
}

/** What one had bid when a session's gate closed, with its proofs. @throws Problem where there is none */
export async function readReceipt(sessionId: string): Promise<Bundle> {
  const params = { path: { sessionId } };
  return (await take(api.GET('/api/v1/sessions/{sessionId}/receipt', { params }))) as Bundle;
}

/** The key that this browser met, else that of the platform; undefined where there is none yet. */
export async function knownTrust(): Promise<BundleTrust | undefined> {
  const pinned = readPinned();
  if (pinned) return trustIn(pinned);
  const { certification } = await take(api.GET('/api/v1/status', {}));
  const { origin, publicKey } = certification;
  return origin === null || publicKey === null
    ? undefined
    : trustIn({ key: { origin, publicKey } });
}
