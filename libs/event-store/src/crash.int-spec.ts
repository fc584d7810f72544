/**
 * What an append's promise is worth: processes that append without pause are killed, again and
 * again, on one file. Whatever they had acknowledged must be there afterwards, and nothing torn.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventHash } from '@flexledger/identity';
import { drawInteger, seededRandom, sleep, wallClock } from '@flexledger/runtime';
import { rowChecksum, type StoredRow } from './sqlite/log-format';
import { openSqliteEventStore } from './sqlite/sqlite-event-store';
import { compiledScript, startScript } from './testing/child-script';

const KILLS = 24;

let folder: string;
let path: string;
let script: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-crash-'));
  path = join(folder, 'events.db');
  script = compiledScript('crash-writer', join(folder, 'build'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it(`loses and tears nothing in ${KILLS} kills`, async () => {
  const random = seededRandom(20_260_317, 'kills');
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < KILLS; round += 1) {
    const writer = startWriter(`run ${round}`);
    // Every fourth is killed at any time since its start, so that opening is hit as well.
    if (round % 4 !== 3) {
      await writer.printed(1);
      await writer.printed(drawInteger(random, 2, 80));
      await sleep(drawInteger(random, 0, 20));
    } else {
      await sleep(drawInteger(random, 40, 200));
    }
    acknowledged.push(...(await writer.kill()));
    // A reader recovers, but leaves the write-ahead log as it is for the next writer.
    expect(faultsOf(await readRows({ readOnly: true }), acknowledged)).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThan(10 * KILLS);
  const rows = await readRows({ readOnly: false });
  expect(faultsOf(rows, acknowledged)).toEqual([]);
}, 60_000);

interface Acknowledged {
  readonly position: number;
  readonly streamId: string;
  readonly revision: number;
  readonly id: string;
}

interface Writer {
  /** Resolves when so many lines have been printed: the first tells that the log is open. */
  readonly printed: (lines: number) => Promise<void>;
  /** Kills the process and gives what it had acknowledged. */
  readonly kill: () => Promise<Acknowledged[]>;
}

function startWriter(seed: string): Writer {
  const child = startScript(script, path, seed);
  return {
    printed: child.printed,
    async kill() {
      await child.kill();
      return child
        .lines()
        .slice(1)
        .map((line) => {
          const [position, streamId, revision, id] = line.split(' ');
          return { position: +position!, streamId: streamId!, revision: +revision!, id: id! };
        });
    },
  };
}

async function readRows(options: { readOnly: boolean }): Promise<StoredRow[]> {
  const store = openSqliteEventStore({ path, clock: wallClock, ...options });
  const rows = [...store.readRawRows()];
  await store.close();
  return rows;
}

/** Acknowledged is stored; hashes hold; no gap in positions and revisions; appends are whole. */
function faultsOf(rows: readonly StoredRow[], acknowledged: readonly Acknowledged[]): string[] {
  const lost = acknowledged.filter(({ position, streamId, revision, id }) => {
    const row = rows[position];
    return row?.id !== id || row.streamId !== streamId || row.revision !== revision;
  });
  const faults = lost.map(({ position }) => `acknowledged, but not at position ${position}`);
  const revisions = new Map<string, number>();
  let partsMissing = 0;
  rows.forEach((row, index) => {
    const revision = revisions.get(row.streamId) ?? 0;
    revisions.set(row.streamId, revision + 1);
    const { part, of } = JSON.parse(row.data) as { part: number; of: number };
    if (partsMissing === 0) partsMissing = of;
    const checks = {
      position: row.position === index,
      revision: row.revision === revision,
      hash: row.hash === eventHash({ ...row, dataJson: row.data }),
      checksum: row.checksum === rowChecksum(row),
      part: part === of - partsMissing,
    };
    partsMissing -= 1;
    for (const [name, holds] of Object.entries(checks)) {
      if (!holds) faults.push(`${name} of row ${index}`);
    }
  });
  return partsMissing === 0 ? faults : [...faults, 'the last append is torn'];
}
