/** The public routes of a log as a monitor reads them: bounded in time and size, and nothing of them believed. */
import { setTimeout as pause } from 'node:timers/promises';
import { toHex } from '@flexledger/domain';
import {
  type EntryBundle,
  HASH_BYTES,
  decodeEntryBundle,
  entryBundlePath,
  tilePath,
} from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';

/** The log does not answer, or answers what is no answer; the message says what was asked. */
export class LogUnreachable extends Error {
  override readonly name = 'LogUnreachable';
}

export interface ServedTiles {
  /** The last checkpoint as a signed note; undefined where nothing is sealed yet. @throws LogUnreachable */
  checkpoint(): Promise<string | undefined>;
  /** Signed notes of anchored checkpoints above a size, the smallest first. @throws LogUnreachable */
  anchoredAbove(size: number): Promise<readonly string[]>;
  /** Event hashes of a bundle, and the leaf hashes of the tile below it. @throws LogUnreachable */
  leaves(bundle: EntryBundle): Promise<{
    readonly entries: readonly Uint8Array[];
    readonly leafHashes: readonly Uint8Array[];
  }>;
}

const TIMEOUT_MS = 20_000;
/** Far above a page of checkpoints and a tile. */
const BYTES_AT_MOST = 4_000_000;
/** How often it is asked again where it says that it is asked too often. */
const TRIES = 10;
const WAIT_S_AT_MOST = 60;
/** Pages of anchored checkpoints in one round. */
const PAGES_AT_MOST = 10_000;

/** @param url address of the platform, like `http://127.0.0.1:8080` */
export function servedTiles(url: string): ServedTiles {
  const base = url.replace(/\/+$/, '');

  async function get(path: string): Promise<{ readonly status: number; readonly bytes: Buffer }> {
    for (let tries = 1; ; tries += 1) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      try {
        const response = await fetch(`${base}${path}`, { signal, redirect: 'error' });
        const bytes = await bodyOf(response);
        if (response.status !== 429 || tries === TRIES) return { status: response.status, bytes };
        const waitS = Number(response.headers.get('retry-after') ?? 1);
        await pause(Math.min(WAIT_S_AT_MOST, Number.isFinite(waitS) ? waitS : 1) * 1_000);
      } catch (error) {
        throw new LogUnreachable(`GET ${path}: ${messageOf(error)}`);
      }
    }
  }

  async function found(path: string): Promise<Buffer> {
    const { status, bytes } = await get(path);
    if (status === 200) return bytes;
    throw new LogUnreachable(`GET ${path}: ${status} ${bytes.toString('utf8').slice(0, 200)}`);
  }

  return {
    async checkpoint() {
      const { status, bytes } = await get('/api/v1/log/checkpoint');
      const text = bytes.toString('utf8');
      if (status === 200) return text;
      if (status === 404 && text.includes('checkpoint-unknown')) return undefined;
      throw new LogUnreachable(`GET /api/v1/log/checkpoint: ${status} ${text.slice(0, 200)}`);
    },
    async anchoredAbove(size) {
      const notes: string[] = [];
      let cursor: string | null = null;
      for (let pages = 0; pages < PAGES_AT_MOST; pages += 1) {
        const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = pageFrom(await found(`/api/v1/anchors?limit=100${after}`));
        for (const { size: covered, note } of page.items) {
          if (covered <= size) return notes.reverse();
          if (note !== null) notes.push(note);
        }
        if (page.next === null) return notes.reverse();
        cursor = page.next;
      }
      throw new LogUnreachable(`GET /api/v1/anchors: more than ${PAGES_AT_MOST} pages`);
    },
    async leaves(bundle) {
      const path = entryBundlePath(bundle);
      const hashesPath = tilePath({ level: 0, ...bundle });
      const [entryBytes, hashes] = await Promise.all([
        found(`/api/v1/log/${path}`),
        found(`/api/v1/log/${hashesPath}`),
      ]);
      const entries = entriesFrom(entryBytes, path);
      const isWhole =
        entries.length === bundle.width && hashes.length === bundle.width * HASH_BYTES;
      const isOfHashes = entries.every(({ length }) => length === HASH_BYTES);
      if (!isWhole || !isOfHashes) {
        throw new LogUnreachable(`GET ${path}: it does not hold ${bundle.width} hashes of events`);
      }
      const leafHashes = entries.map((_, nth) =>
        hashes.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES),
      );
      return { entries, leafHashes };
    },
  };
}

function entriesFrom(bytes: Uint8Array, path: string): Uint8Array[] {
  try {
    return decodeEntryBundle(bytes);
  } catch (error) {
    throw new LogUnreachable(`GET ${path}: ${messageOf(error)}`);
  }
}

interface AnchorPage {
  readonly items: readonly { readonly size: number; readonly note: string | null }[];
  readonly next: string | null;
}

/** Of an answer that may hold anything, what a page of anchors has to have. @throws LogUnreachable */
function pageFrom(bytes: Buffer): AnchorPage {
  try {
    const { items, next = null } = JSON.parse(bytes.toString('utf8')) as AnchorPage;
    const isPage =
      items.every(
        ({ size, note }) => Number.isSafeInteger(size) && typeof (note ?? '') === 'string',
      ) && typeof (next ?? '') === 'string';
    if (isPage) return { items, next };
  } catch {
    // Said below.
  }
  throw new LogUnreachable(
    `GET /api/v1/anchors: no page of checkpoints: ${toHex(bytes.subarray(0, 20))}`,
  );
}

async function bodyOf(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > BYTES_AT_MOST) throw new Error(`its answer has more than ${BYTES_AT_MOST} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
