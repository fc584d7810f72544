/**
 * One log, several processes: they append by turns and at once, one of them stops or dies inside a
 * transaction, and none loses, doubles or sees in another order what the others see.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { sleep, stopwatch, wallClock } from '@flexledger/runtime';
import { LogBusy } from '../errors';
import { BEFORE_FIRST } from '../port';
import { compiledScript, type RunningScript, startScript } from '../testing/child-script';
import { collect, take, testEvent, testEvents } from '../testing/events';
import { expectGaplessRevisions } from '../testing/expectations';
import { openSqliteEventStore, type SqliteEventStore } from './sqlite-event-store';

/** Real files and processes on a busy machine may be slow; the tests say nothing of speed. */

const onPosix = process.platform === 'win32' ? it.skip : it;

let build: string;
let script: string;
let folder: string;
let path: string;
const running: RunningScript[] = [];
const stores: SqliteEventStore[] = [];

beforeAll(() => {
  build = mkdtempSync(join(tmpdir(), 'event-store-build-'));
  script = compiledScript('append-peer', build);
});
afterAll(() => rmSync(build, { recursive: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  path = join(folder, 'events.db');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const peer of running.splice(0)) await peer.kill().catch(() => undefined);
  rmSync(folder, { recursive: true });
});

function open(options: { busyTimeoutMs?: number; readOnly?: boolean } = {}): SqliteEventStore {
  const store = openSqliteEventStore({ path, clock: wallClock, ...options });
  stores.push(store);
  return store;
}

/** A process that has the log open. */
async function startPeer(name: string): Promise<RunningScript> {
  const peer = startScript(script, path, name);
  running.push(peer);
  await peer.printed(1);
  return peer;
}

/** All ids that `append-peer` appends in `turns` turns. */
function idsOf(name: string, turns: number): string[] {
  return Array.from({ length: turns }, (_, turn) =>
    testEvents(`${name}/${turn}`, 1 + (turn % 3)).map(({ id }) => id),
  ).flat();
}

function ids(events: readonly RecordedEvent[]): string[] {
  return events.map(({ id }) => id);
}

describe('two stores in one process', () => {
  it('append to the same streams by turns, and both see all of it in one order', async () => {
    const [one, other] = [open(), open()];
    for (let turn = 0; turn < 60; turn += 1) {
      const store = turn % 2 === 0 ? one : other;
      const streamId = `s-${turn % 3}`;
      const before = await collect((turn % 4 < 2 ? one : other).readStream(streamId));
      const expected = before.length === 0 ? 'noStream' : before.length - 1;
      await store.append(streamId, expected, [testEvent(`turn/${turn}`)]);
      expect(await one.head()).toBe(await other.head());
    }
    const all = await collect(one.readAll());
    expect(all).toHaveLength(60);
    expectGaplessRevisions(all);
    expect(await collect(other.readAll())).toEqual(all);
  });

  it('refuse by revision what the other has outrun, and answer a repeat that the other made', async () => {
    const [one, other] = [open(), open()];
    const first = await one.append('a', 'noStream', testEvents('a', 2));
    await other.append('a', 1, [testEvent('other')]);
    await expect(one.append('a', 1, [testEvent('late')])).rejects.toMatchObject({ actual: 2 });
    expect(await other.append('a', 'noStream', testEvents('a', 2))).toMatchObject(first);
    expect(await collect(one.readStream('a'))).toHaveLength(3);
  });

  it('append at once without loss', async () => {
    const [one, other] = [open(), open()];
    await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        (index % 2 === 0 ? one : other).append(`s-${index % 5}`, 'any', [testEvent(`${index}`)]),
      ),
    );
    const all = await collect(other.readAll());
    expect(all).toHaveLength(400);
    expectGaplessRevisions(all);
  });

  it('follow each other', async () => {
    const [one, other] = [open(), open()];
    const followed = take(one.subscribe({ after: BEFORE_FIRST }), 20);
    for (let index = 0; index < 20; index += 1)
      await other.append('a', 'any', [testEvent(`${index}`)]);
    expect(await followed).toEqual(await collect(other.readAll()));
  });

  it('follow each other by looking themselves where no hint comes', async () => {
    const [one, other] = [open(), open()];
    const followed = take(one.subscribe({ after: BEFORE_FIRST }), 1);
    await sleep(20);
    // Ends the watching of the folder as a system without it would never have begun it.
    (one as unknown as { endHints: () => void }).endHints();
    await other.append('a', 'any', [testEvent('a')]);
    expect(await followed).toHaveLength(1);
  });
});

describe('processes on one file', () => {
  it('create it at once, and one log comes of it', async () => {
    const peers = await Promise.all(['A', 'B', 'C', 'D'].map(startPeer));
    for (const peer of peers) peer.tell('append 5 common');
    for (const peer of peers) await peer.printed(2);
    const all = await collect(open({ readOnly: true }).readAll());
    expect(new Set(ids(all))).toEqual(
      new Set(['A', 'B', 'C', 'D'].flatMap((name) => idsOf(name, 5))),
    );
    expectGaplessRevisions(all);
  });

  it('append to the same and to other streams at once: nothing lost, doubled or out of order', async () => {
    const store = open();
    const [a, b] = [await startPeer('A'), await startPeer('B')];
    const followed = take(store.subscribe({ after: BEFORE_FIRST }), idsOf('', 120).length * 2 + 60);
    a.tell('append 120 common,only-a');
    b.tell('append 120 common,only-b');
    for (let index = 0; index < 60; index += 1) {
      await store.append(index % 2 === 0 ? 'common' : 'mine', 'any', [testEvent(`mine/${index}`)]);
    }
    await Promise.all([a.printed(2), b.printed(2)]);

    const all = await collect(store.readAll());
    const wanted = [...idsOf('A', 120), ...idsOf('B', 120)];
    for (let index = 0; index < 60; index += 1) wanted.push(testEvent(`mine/${index}`).id);
    expect(ids(all).sort()).toEqual(wanted.sort());
    expectGaplessRevisions(all);
    expect(await followed).toEqual(all);
    expect(await collect(open({ readOnly: true }).readAll())).toEqual(all);
  });

  it('see soon what others append, by subscription and by head', async () => {
    const store = open();
    const peer = await startPeer('A');
    const first = take(store.subscribe({ after: BEFORE_FIRST }), 1);
    peer.tell('append 1 a');
    expect(ids(await first)).toEqual(idsOf('A', 1));
    expect(await store.head()).toBe((await first)[0]!.position);
  });

  it('open and close while others go on, and the last one leaves one plain file', async () => {
    const [a, b] = [await startPeer('A'), await startPeer('B')];
    a.tell('append 100 a');
    for (let round = 0; round < 10; round += 1) {
      const visitor = await startPeer(`V${round}`);
      visitor.tell('append 1 a');
      visitor.tell('end');
      await visitor.ended();
    }
    await a.printed(2);
    a.tell('end');
    await a.ended();
    b.tell('append 1 b');
    b.tell('end');
    await b.ended();
    expect(readdirSync(folder)).toEqual(['events.db']);
    const all = await collect(open({ readOnly: true }).readAll());
    expect(all).toHaveLength(idsOf('A', 100).length + 10 + 1);
    expectGaplessRevisions(all);
  });

  it('get their turn beside one that appends without pause', async () => {
    const hog = await startPeer('H');
    const store = open();
    hog.tell('flood');
    await hog.printed(2);
    for (let index = 0; index < 20; index += 1)
      await store.append('mine', 'any', [testEvent(`${index}`)]);
    expect(await collect(store.readStream('mine'))).toHaveLength(20);
    expectGaplessRevisions(await collect(store.readAll()));
  });

  it('go on when one of them is killed in the middle', async () => {
    const store = open();
    const victim = await startPeer('V');
    victim.tell('flood');
    await victim.printed(2);
    for (let index = 0; index < 5; index += 1)
      await store.append('mine', 'any', [testEvent(`${index}`)]);
    await victim.kill();
    await store.append('mine', 4, [testEvent('afterwards')]);
    const all = await collect(store.readAll());
    expectGaplessRevisions(all);
    // An append of the victim is there whole or not at all.
    expect(all.filter(({ streamId }) => streamId === 'flood-V').length % 50).toBe(0);
  });
});

describe('a process that stops inside a transaction', () => {
  onPosix('keeps others from appending until they give up, and not from reading', async () => {
    const store = open({ busyTimeoutMs: 300 });
    await store.append('a', 'noStream', [testEvent('a/0')]);
    const stopped = await startPeer('S');
    stopped.tell('hold');
    await stopped.printed(2);

    const failed = await Promise.allSettled([
      store.append('a', 0, [testEvent('a/1')]),
      store.append('b', 'noStream', [testEvent('b/0')]),
    ]);
    for (const each of failed) {
      expect((each as PromiseRejectedResult).reason).toBeInstanceOf(LogBusy);
      expect((each as PromiseRejectedResult).reason.message).toContain(path);
    }
    expect(await collect(store.readAll())).toHaveLength(1);
    expect(await collect(open({ readOnly: true }).readAll())).toHaveLength(1);
    const another = open({ busyTimeoutMs: 300 });
    expect(await another.head()).toBe(await store.head());

    // The event loop is free while an append waits.
    const waiting = store.append('a', 0, [testEvent('a/1')]);
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 5);
    await expect(waiting).rejects.toBeInstanceOf(LogBusy);
    clearInterval(counting);
    expect(turns).toBeGreaterThan(5);

    stopped.signal('SIGCONT');
    await stopped.printed(3);
    expect(await store.append('a', 0, [testEvent('a/1')])).toMatchObject({ revision: 1 });
    expect(await another.append('a', 1, [testEvent('a/2')])).toMatchObject({ revision: 2 });
  });

  onPosix('holds appends up only until it goes on, in the order of the calls', async () => {
    const store = open();
    const stopped = await startPeer('S');
    stopped.tell('hold');
    await stopped.printed(2);
    const calledMs = stopwatch.nowMs();
    const appended = Promise.all(
      testEvents('a', 50).map((event, index) =>
        store.append('a', index === 0 ? 'noStream' : index - 1, [event]),
      ),
    );
    await sleep(200);
    stopped.signal('SIGCONT');
    await appended;
    expect(stopwatch.nowMs() - calledMs).toBeGreaterThan(190);
    expect(ids(await collect(store.readAll()))).toEqual(ids(testEvents('a', 50) as never));
  });

  onPosix('may be killed there: others go on at once', async () => {
    const store = open();
    const stopped = await startPeer('S');
    stopped.tell('hold');
    await stopped.printed(2);
    const appended = store.append('a', 'noStream', [testEvent('a/0')]);
    await sleep(50);
    await stopped.kill();
    expect(await appended).toMatchObject({ revision: 0 });
  });

  onPosix('does not keep a store from closing, which refuses what waits', async () => {
    const store = open({ busyTimeoutMs: 200 });
    const stopped = await startPeer('S');
    stopped.tell('hold');
    await stopped.printed(2);
    const appended = store.append('a', 'noStream', [testEvent('a/0')]);
    const refused = expect(appended).rejects.toBeInstanceOf(LogBusy);
    await store.close();
    await refused;
  });
});
