/**
 * What the port promises, as tests that every engine runs through. They go through the port alone
 * and count on nothing that an engine may do its own way: positions may have gaps, and with `any`
 * equal ids append once only in the embedded engine.
 *
 * An engine's spec imports this file by its path; `index.ts` leaves it out, since it needs Jest.
 */
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { canonicalJson, eventHash } from '@flexledger/identity';
import { seededRandom, drawInteger } from '@flexledger/runtime';
import { AppendTooLarge, InvalidAppend, LogClosed, RevisionConflict } from './errors';
import { APPEND_LIMIT_BYTES, type EventStore } from './port';
import { collect, take, testEvent, testEvents } from './testing/events';

export interface StoreUnderTest {
  readonly store: EventStore;
  /** Closes whatever is open and opens the same log again. */
  reopen(): Promise<EventStore>;
  /** Closes whatever is open and removes the log. */
  cleanup(): Promise<void>;
}

/** Declares the contract's tests for one engine; `makeStore` gives a new, empty log each time. */
export function describeEventStoreContract(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
): void {
  describe(`${name} keeps the event store's promises`, () => {
    let under: StoreUnderTest;
    let store: EventStore;

    beforeEach(async () => {
      under = await makeStore();
      store = under.store;
    });
    afterEach(() => under.cleanup());

    const given = (): Given => ({ store, reopen: () => under.reopen() });
    describe('append', () => appendTests(given));
    describe('expected revisions', () => revisionTests(given));
    describe('refusals', () => refusalTests(given));
    describe('reading', () => readTests(given));
    describe('subscriptions', () => subscriptionTests(given));
    describe('close', () => closeTests(given));
  });
}

interface Given {
  readonly store: EventStore;
  readonly reopen: () => Promise<EventStore>;
}

function appendTests(given: () => Given): void {
  it('records the envelope, the place and the hash of an event', async () => {
    const { store } = given();
    const proposed = testEvent('one', {
      data: { zone: 'A', powerW: -3, list: [1, { b: 1, a: 2 }] },
    });
    const result = await store.append('meter-1', 'noStream', [proposed]);
    const [recorded] = await collect(store.readStream('meter-1'));

    expect(recorded).toEqual({
      ...proposed,
      streamId: 'meter-1',
      revision: 0,
      position: result.position,
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expectSoundHash(recorded!);
    expect(result.revision).toBe(0);
    expect(await store.head()).toBe(result.position);
  });

  it('is durable: another opening of the log finds every event as it was', async () => {
    const { store, reopen } = given();
    await store.append('a', 'noStream', testEvents('a', 3));
    await store.append('b', 'noStream', testEvents('b', 2));
    const before = await collect(store.readAll());

    const reopened = await reopen();
    expect(await collect(reopened.readAll())).toEqual(before);
    expect(await reopened.head()).toBe(before.at(-1)!.position);
    const { revision } = await reopened.append('a', 2, [testEvent('a/3')]);
    expect(revision).toBe(3);
  });

  it('records calls that do not wait for each other in the order of the calls', async () => {
    const { store } = given();
    const random = seededRandom(1, 'streams');
    const calls = Array.from({ length: 300 }, (_, index) => ({
      streamId: `s-${drawInteger(random, 0, 9)}`,
      event: testEvent(`call/${index}`),
    }));
    const results = await Promise.all(
      calls.map(({ streamId, event }) => store.append(streamId, 'any', [event])),
    );

    const recorded = await collect(store.readAll());
    expect(recorded.map((event) => event.id)).toEqual(calls.map(({ event }) => event.id));
    expect(recorded.map((event) => event.position)).toEqual(results.map((each) => each.position));
    expectGaplessRevisions(recorded);
  });

  it('takes 1,000 appends at once, each at the revision it named', async () => {
    const { store } = given();
    const results = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => {
        const turn = Math.floor(index / 50);
        const expected = turn === 0 ? 'noStream' : turn - 1;
        return store.append(`s-${index % 50}`, expected, [testEvent(`many/${index}`)]);
      }),
    );
    expect(results.map((each) => each.revision)).toEqual(
      Array.from({ length: 1000 }, (_, index) => Math.floor(index / 50)),
    );
    const recorded = await collect(store.readAll());
    expect(recorded).toHaveLength(1000);
    expectGaplessRevisions(recorded);
    recorded.forEach(expectSoundHash);
  });

  it('keeps a refused append from disturbing those called with it', async () => {
    const { store } = given();
    const settled = await Promise.allSettled([
      store.append('a', 'noStream', [testEvent('a/0')]),
      store.append('a', 'noStream', [testEvent('late')]),
      store.append('a', 0, [testEvent('a/1'), testEvent('a/2')]),
      store.append('b', 7, [testEvent('ahead')]),
      store.append('b', 'noStream', [testEvent('b/0', { data: { bad: 1n } })]),
      store.append('b', 'noStream', [testEvent('b/0')]),
    ]);
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    const recorded = await collect(store.readAll());
    expect(recorded.map((event) => (event.data as { name: string }).name)).toEqual([
      'a/0',
      'a/1',
      'a/2',
      'b/0',
    ]);
    expectGaplessRevisions(recorded);
  });

  it('takes the events as they are at the call, whatever becomes of the objects', async () => {
    const { store } = given();
    const data = { value: 1 };
    const appended = store.append('a', 'noStream', [testEvent('a/0', { data })]);
    data.value = 2;
    await appended;
    const [recorded] = await collect(store.readStream('a'));
    expect(recorded!.data).toEqual({ value: 1 });
  });

  it('keeps text of every script, and names that need quoting', async () => {
    const { store } = given();
    const data = {
      'città"\\': 'Forlì – Cesena 𝒢 ⚡ \u2028 \u0000 \ud800 end',
      empty: '',
      nested: { ключ: ['日本', null, true, 1.5e-7] },
    };
    const streamId = 'pod-IT\'001"%_*?[é]𝒢';
    await store.append(streamId, 'noStream', [testEvent('x', { data, actor: 'aggregator:Ü"\'' })]);
    const [recorded] = await collect(store.readStream(streamId));
    expect(recorded).toMatchObject({ streamId, data, actor: 'aggregator:Ü"\'' });
    expectSoundHash(recorded!);
    expect(await collect(store.readAll({ filter: { streamPrefixes: ['pod-IT\'001"%'] } }))).toEqual(
      [recorded],
    );
  });
}

function revisionTests(given: () => Given): void {
  it.each([
    ['noStream, but it exists', 'noStream'],
    ['a revision passed by', 0],
    ['a revision not yet reached', 5],
  ] as const)('refuses an append that expects %s', async (_, expected) => {
    const { store } = given();
    await store.append('a', 'noStream', testEvents('a', 3));
    const appended = store.append('a', expected, [testEvent('new')]);
    await expect(appended).rejects.toBeInstanceOf(RevisionConflict);
    await expect(appended).rejects.toMatchObject({ streamId: 'a', expected, actual: 2 });
    expect(await collect(store.readStream('a'))).toHaveLength(3);
  });

  it('refuses a named revision of a stream that does not exist, and tells of -1', async () => {
    const appended = given().store.append('a', 0, [testEvent('new')]);
    await expect(appended).rejects.toMatchObject({ name: 'RevisionConflict', actual: -1 });
  });

  it('takes an append that expects nothing', async () => {
    const { store } = given();
    await store.append('a', 'any', [testEvent('a/0')]);
    await expect(store.append('a', 'any', testEvents('more', 2))).resolves.toMatchObject({
      revision: 2,
    });
  });

  it('lets one of many that expect the same revision pass', async () => {
    const { store } = given();
    await store.append('a', 'noStream', [testEvent('a/0')]);
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => store.append('a', 0, [testEvent(`rival/${index}`)])),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await collect(store.readStream('a'))).toHaveLength(2);
  });

  it('answers a repeated append with the old result and writes nothing', async () => {
    const { store, reopen } = given();
    const first = await store.append('a', 'noStream', testEvents('a', 2));
    const second = await store.append('a', 1, testEvents('b', 3));
    await store.append('a', 4, testEvents('c', 1));

    const repeat = async (opened: EventStore): Promise<void> => {
      expect(await opened.append('a', 'noStream', testEvents('a', 2))).toEqual(first);
      expect(await opened.append('a', 1, testEvents('b', 3))).toEqual(second);
      expect(await collect(opened.readStream('a'))).toHaveLength(6);
    };
    await repeat(store);
    await repeat(await reopen());
  });

  it('answers a repeat that was called together with the first', async () => {
    const { store } = given();
    const [first, second] = await Promise.all([
      store.append('a', 'noStream', testEvents('a', 2)),
      store.append('a', 'noStream', testEvents('a', 2)),
    ]);
    expect(second).toEqual(first);
    expect(await collect(store.readStream('a'))).toHaveLength(2);
  });

  it.each([
    ['a later id is new', ['a/1', 'new']],
    ['the first id is new', ['new', 'a/2']],
    ['the ids stand elsewhere in the stream', ['a/0', 'a/1']],
    ['the order differs', ['a/2', 'a/1']],
    ['it goes on beyond the end', ['a/1', 'a/2', 'a/3']],
  ])('takes no append for a repeat when %s', async (_, names) => {
    const { store } = given();
    await store.append('a', 'noStream', testEvents('a', 3));
    const appended = store.append(
      'a',
      0,
      names.map((eventName) => testEvent(eventName)),
    );
    await expect(appended).rejects.toBeInstanceOf(RevisionConflict);
    expect(await collect(store.readStream('a'))).toHaveLength(3);
  });
}

function refusalTests(given: () => Given): void {
  it('takes an append of exactly the limit, and refuses one byte more', async () => {
    const { store } = given();
    const emptyBytes = Buffer.byteLength(canonicalJson({ text: '' }));
    const ofBytes = (name: string, bytes: number): ProposedEvent =>
      testEvent(name, { data: { text: 'x'.repeat(bytes - emptyBytes) } });
    const half = APPEND_LIMIT_BYTES / 2;

    const tooLarge = store.append('a', 'noStream', [ofBytes('1', half), ofBytes('2', half + 1)]);
    await expect(tooLarge).rejects.toBeInstanceOf(AppendTooLarge);
    await expect(tooLarge).rejects.toMatchObject({ bytes: APPEND_LIMIT_BYTES + 1 });
    expect(await store.head()).toBe(-1);

    await store.append('a', 'noStream', [ofBytes('1', half), ofBytes('2', half)]);
    const recorded = await collect(store.readStream('a'));
    expect(recorded.map(({ data }) => (data as { text: string }).text.length + emptyBytes)).toEqual(
      [half, half],
    );
  });

  it('counts bytes, not characters', async () => {
    const data = { text: 'è'.repeat(APPEND_LIMIT_BYTES / 2) };
    await expect(
      given().store.append('a', 'noStream', [testEvent('a', { data })]),
    ).rejects.toBeInstanceOf(AppendTooLarge);
  });

  it.each<[string, Partial<ProposedEvent>]>([
    ['a bigint', { data: { money: 1n } }],
    ['NaN', { data: { power: NaN } }],
    ['a function', { data: { deep: [{ call: () => 1 }] } }],
    ['a circle', { data: circle() }],
    ['no object as data', { data: 'text' as unknown as object }],
    ['no data', { data: undefined as unknown as object }],
    ['an id that is no UUID', { id: 'event-1' }],
    ['an empty type', { type: '' }],
    ['a type that is reserved', { type: '$metadata' }],
    ['half a surrogate pair', { actor: 'node:\ud800' }],
    ['a control character', { correlationId: 'a\u0000b' }],
    ['a local time', { occurredAt: '2026-03-17T10:00:00.000+01:00' }],
    ['a day that is none', { occurredAt: '2026-02-30T10:00:00.000Z' }],
    ['a broken schema version', { schemaVersion: 1.5 }],
  ])('refuses an event with %s, and names it', async (_, overrides) => {
    const { store } = given();
    const appended = store.append('a', 'noStream', [testEvent('ok'), testEvent('x', overrides)]);
    await expect(appended).rejects.toBeInstanceOf(InvalidAppend);
    await expect(appended).rejects.toThrow(/event 1 /);
    expect(await collect(store.readAll())).toEqual([]);
  });

  it('refuses an append without events, with an id twice, or to an impossible stream', async () => {
    const { store } = given();
    const event = testEvent('a');
    await expect(store.append('a', 'any', [])).rejects.toBeInstanceOf(InvalidAppend);
    await expect(store.append('a', 'any', [event, event])).rejects.toBeInstanceOf(InvalidAppend);
    await expect(store.append('', 'any', [event])).rejects.toBeInstanceOf(InvalidAppend);
    await expect(store.append('$all', 'any', [event])).rejects.toBeInstanceOf(InvalidAppend);
    await expect(store.append('a', -1, [event])).rejects.toBeInstanceOf(InvalidAppend);
    expect(await store.head()).toBe(-1);
  });
}

function readTests(given: () => Given): void {
  it('finds an empty log empty', async () => {
    const { store } = given();
    expect(await store.head()).toBe(-1);
    expect(await collect(store.readAll())).toEqual([]);
    expect(await collect(store.readStream('absent'))).toEqual([]);
  });

  it('reads a stream from a revision, and nothing of its neighbours', async () => {
    const { store } = given();
    for (let round = 0; round < 3; round += 1) {
      await store.append('a', 'any', testEvents(`a${round}`, 2));
      await store.append('a2', 'any', testEvents(`a2${round}`, 1));
    }
    const all = await collect(store.readStream('a'));
    expect(all.map((event) => event.revision)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await collect(store.readStream('a', 4))).toEqual(all.slice(4));
    expect(await collect(store.readStream('a', 6))).toEqual([]);
    await expect(collect(store.readStream('a', -1))).rejects.toBeInstanceOf(RangeError);
  });

  it('reads more than a page, from any position, up to a limit', async () => {
    const { store } = given();
    await Promise.all(
      Array.from({ length: 130 }, (_, index) =>
        store.append(`s-${index % 7}`, 'any', testEvents(`page/${index}`, 10)),
      ),
    );
    const all = await collect(store.readAll());
    expect(all).toHaveLength(1300);
    expectIncreasingPositions(all);
    expect(await collect(store.readAll({ from: all[700]!.position }))).toEqual(all.slice(700));
    expect(await collect(store.readAll({ from: all[3]!.position, limit: 600 }))).toEqual(
      all.slice(3, 603),
    );
    expect(await collect(store.readAll({ limit: 0 }))).toEqual([]);
    expect(await collect(store.readAll({ from: all[1299]!.position + 1 }))).toEqual([]);
    const stream = all.filter((event) => event.streamId === 's-3');
    expect(await collect(store.readStream('s-3'))).toEqual(stream);
    expect(await collect(store.readStream('s-3', 100))).toEqual(stream.slice(100));
  });

  it('filters by type, by the beginning of the stream, by both, and by neither', async () => {
    const { store } = given();
    const types = ['OfferMade', 'OfferWithdrawn', 'GateClosed'];
    const streams = ['session-1', 'session-10', 'pod-1', 'Session-1', 'session'];
    await Promise.all(
      Array.from({ length: 700 }, (_, index) =>
        store.append(streams[index % 5]!, 'any', [
          testEvent(`filter/${index}`, { type: types[index % 3]! }),
        ]),
      ),
    );
    const all = await collect(store.readAll());
    const pass = async (filter: object, wanted: (event: RecordedEvent) => boolean) =>
      expect(await collect(store.readAll({ filter }))).toEqual(all.filter(wanted));

    await pass({}, () => true);
    await pass({ types: ['OfferMade'] }, ({ type }) => type === 'OfferMade');
    await pass({ types: ['GateClosed', 'OfferMade', 'Unknown'] }, ({ type }) =>
      ['GateClosed', 'OfferMade'].includes(type),
    );
    await pass({ streamPrefixes: ['session-'] }, ({ streamId }) => streamId.startsWith('session-'));
    await pass(
      { types: ['OfferWithdrawn'], streamPrefixes: ['pod-', 'session-10'] },
      ({ type, streamId }) =>
        type === 'OfferWithdrawn' && (streamId === 'pod-1' || streamId === 'session-10'),
    );
    await pass({ types: [] }, () => false);
    await pass({ streamPrefixes: [] }, () => false);

    const offers = all.filter(({ type }) => type === 'OfferMade');
    const some = { filter: { types: ['OfferMade'] }, from: offers[5]!.position, limit: 20 };
    expect(await collect(store.readAll(some))).toEqual(offers.slice(5, 25));
  });

  it('is not disturbed by appends: it ends where the log ended when it began', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('before', 1200));
    const seen: RecordedEvent[] = [];
    for await (const event of store.readAll()) {
      if (seen.length % 100 === 0) await store.append('a', 'any', [testEvent(`d/${seen.length}`)]);
      seen.push(event);
    }
    expect(seen.map((event) => event.revision)).toEqual(Array.from({ length: 1200 }, (_, i) => i));
  });

  it('reads many events of large data', async () => {
    const { store } = given();
    const text = 'Ω'.repeat(100_000);
    for (let index = 0; index < 24; index += 1) {
      await store.append('big', 'any', [testEvent(`big/${index}`, { data: { index, text } })]);
    }
    const recorded = await collect(store.readStream('big'));
    expect(recorded.map(({ data }) => (data as { index: number }).index)).toEqual(
      Array.from({ length: 24 }, (_, index) => index),
    );
    recorded.forEach(expectSoundHash);
  });
}

function subscriptionTests(given: () => Given): void {
  it('catches up, then follows, without loss, repetition or disorder', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('past', 1100));
    const followed = take(store.subscribe({ from: 0 }), 1400);
    for (let index = 0; index < 100; index += 1) {
      await store.append(`s-${index % 3}`, 'any', testEvents(`live/${index}`, 3));
    }
    expect(await followed).toEqual(await collect(store.readAll()));
  });

  it('waits in an empty log and wakes for what is appended', async () => {
    const { store } = given();
    const first = take(store.subscribe({ from: 0 }), 1);
    await store.append('a', 'noStream', [testEvent('a/0')]);
    expect((await first)[0]!.id).toBe(testEvent('a/0').id);
  });

  it('resumes after the last event that a reader has handled', async () => {
    const { store, reopen } = given();
    await store.append('a', 'any', testEvents('a', 10));
    const handled = await take(store.subscribe({ from: 0 }), 4);
    const reopened = await reopen();
    const rest = take(reopened.subscribe({ from: handled[3]!.position + 1 }), 7);
    await reopened.append('a', 'any', [testEvent('a/10')]);
    expect([...handled, ...(await rest)].map((event) => event.revision)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  it('filters history and what comes', async () => {
    const { store } = given();
    const append = async (round: number): Promise<void> => {
      await store.append('pod-1', 'any', [testEvent(`${round}/p`, { type: 'PodLocated' })]);
      await store.append('meter-1', 'any', [testEvent(`${round}/m`)]);
      await store.append('pod-2', 'any', [testEvent(`${round}/q`)]);
    };
    for (let round = 0; round < 5; round += 1) await append(round);
    const filter = { types: ['PodLocated'], streamPrefixes: ['pod-'] };
    const followed = take(store.subscribe({ from: 0, filter }), 10);
    for (let round = 5; round < 10; round += 1) await append(round);
    expect((await followed).map(({ type, revision }) => [type, revision])).toEqual(
      Array.from({ length: 10 }, (_, revision) => ['PodLocated', revision]),
    );
  });

  it('waits for a slow reader and loses nothing meanwhile', async () => {
    const { store } = given();
    const seen: number[] = [];
    const total = 2000;
    const reading = (async () => {
      for await (const event of store.subscribe({ from: 0 })) {
        seen.push(event.revision);
        if (seen.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        if (seen.length === total) return;
      }
    })();
    for (let index = 0; index < total / 100; index += 1) {
      await store.append('a', 'any', testEvents(`fast/${index}`, 100));
    }
    await reading;
    expect(seen).toEqual(Array.from({ length: total }, (_, revision) => revision));
  });

  it('serves many readers, each from its own position', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('a', 20));
    const all = await collect(store.readAll());
    const readers = all.map((event, index) =>
      take(store.subscribe({ from: event.position }), 25 - index),
    );
    await store.append('a', 'any', testEvents('b', 5));
    const revisions = (await Promise.all(readers)).map((events) => events[0]!.revision);
    expect(revisions).toEqual(all.map((event) => event.revision));
  });

  it('ends without an error when the signal aborts: waiting, in between, or before it began', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('a', 3));

    const waiting = new AbortController();
    const waited = collect(store.subscribe({ from: 0, signal: waiting.signal }));
    await take(store.subscribe({ from: 0 }), 3);
    setTimeout(() => waiting.abort(), 5);
    expect(await waited).toHaveLength(3);

    const between = new AbortController();
    const seen: RecordedEvent[] = [];
    for await (const event of store.subscribe({ from: 0, signal: between.signal })) {
      seen.push(event);
      between.abort();
    }
    expect(seen).toHaveLength(1);

    expect(await collect(store.subscribe({ from: 0, signal: AbortSignal.abort() }))).toEqual([]);
  });
}

function closeTests(given: () => Given): void {
  it('waits for appends that were called before it', async () => {
    const { store, reopen } = given();
    const appended = Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        store.append('a', 'any', [testEvent(`c/${index}`)]),
      ),
    );
    await store.close();
    expect((await appended).map((result) => result.revision)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
    expect(await collect((await reopen()).readStream('a'))).toHaveLength(100);
  });

  it('ends subscriptions, and refuses what is asked afterwards', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('a', 3));
    const live = collect(store.subscribe({ from: 0 }));
    await take(store.subscribe({ from: 0 }), 3);
    await store.close();
    await store.close();
    expect(await live).toHaveLength(3);

    const closed = expect.objectContaining({ name: LogClosed.name });
    await expect(store.append('a', 'any', [testEvent('x')])).rejects.toEqual(closed);
    await expect(collect(store.readAll())).rejects.toEqual(closed);
    await expect(collect(store.readStream('a'))).rejects.toEqual(closed);
    await expect(collect(store.subscribe({ from: 0 }))).rejects.toEqual(closed);
    await expect(store.head()).rejects.toEqual(closed);
  });

  it('stops a read that is under way', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('a', 1100));
    const reading = (async () => {
      for await (const event of store.readAll()) if (event.revision === 600) await store.close();
    })();
    await expect(reading).rejects.toBeInstanceOf(LogClosed);
  });
}

function circle(): object {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}

function expectSoundHash(event: RecordedEvent): void {
  expect(event.hash).toBe(eventHash({ ...event, dataJson: canonicalJson(event.data) }));
}

function expectIncreasingPositions(events: readonly RecordedEvent[]): void {
  events.forEach((event, index) => {
    if (index > 0) expect(event.position).toBeGreaterThan(events[index - 1]!.position);
  });
}

function expectGaplessRevisions(events: readonly RecordedEvent[]): void {
  expectIncreasingPositions(events);
  const next = new Map<string, number>();
  for (const { streamId, revision } of events) {
    expect({ streamId, revision }).toEqual({ streamId, revision: next.get(streamId) ?? 0 });
    next.set(streamId, revision + 1);
  }
}
