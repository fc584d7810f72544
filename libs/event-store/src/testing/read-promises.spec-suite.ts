/** The contract's tests of reading, subscribing and closing. */
import type { RecordedEvent } from '@flexledger/domain';
import { LogClosed } from '../errors';
import { BEFORE_FIRST } from '../port';
import { collect, take, testEvent, testEvents } from './events';
import { expectIncreasingPositions, expectSoundHash } from './expectations';
import type { Given } from './store-under-test';

/** Streams and the whole log, by pages and filters. */
export function readTests(given: () => Given): void {
  it('finds an empty log empty', async () => {
    const { store } = given();
    expect(await store.head()).toBe(BEFORE_FIRST);
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
    expect(await collect(store.readAll({ after: all[700]!.position }))).toEqual(all.slice(701));
    expect(await collect(store.readAll({ after: all[3]!.position, limit: 600 }))).toEqual(
      all.slice(4, 604),
    );
    expect(await collect(store.readAll({ limit: 0 }))).toEqual([]);
    expect(await collect(store.readAll({ after: all[1299]!.position }))).toEqual([]);
    expect(await collect(store.readAll({ after: BEFORE_FIRST }))).toEqual(all);
    await expect(collect(store.readAll({ after: -2 }))).rejects.toBeInstanceOf(RangeError);
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
    const some = { filter: { types: ['OfferMade'] }, after: offers[5]!.position, limit: 20 };
    expect(await collect(store.readAll(some))).toEqual(offers.slice(6, 26));
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

/** Catching up, following, resuming, ending. */
export function subscriptionTests(given: () => Given): void {
  it('catches up, then follows, without loss, repetition or disorder', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('past', 1100));
    const followed = take(store.subscribe({ after: BEFORE_FIRST }), 1400);
    for (let index = 0; index < 100; index += 1) {
      await store.append(`s-${index % 3}`, 'any', testEvents(`live/${index}`, 3));
    }
    expect(await followed).toEqual(await collect(store.readAll()));
  });

  it('waits in an empty log and wakes for what is appended', async () => {
    const { store } = given();
    const first = take(store.subscribe({ after: BEFORE_FIRST }), 1);
    await store.append('a', 'noStream', [testEvent('a/0')]);
    expect((await first)[0]!.id).toBe(testEvent('a/0').id);
  });

  it('resumes after the last event that a reader has handled', async () => {
    const { store, reopen } = given();
    await store.append('a', 'any', testEvents('a', 10));
    const handled = await take(store.subscribe({ after: BEFORE_FIRST }), 4);
    const reopened = await reopen();
    const rest = take(reopened.subscribe({ after: handled[3]!.position }), 7);
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
    const followed = take(store.subscribe({ after: BEFORE_FIRST, filter }), 10);
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
      for await (const event of store.subscribe({ after: BEFORE_FIRST })) {
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
      take(store.subscribe({ after: event.position }), 24 - index),
    );
    await store.append('a', 'any', testEvents('b', 5));
    const revisions = (await Promise.all(readers)).map((events) => events[0]!.revision);
    expect(revisions).toEqual(all.map((event) => event.revision + 1));
  });

  it('ends without an error when the signal aborts: waiting, in between, or before it began', async () => {
    const { store } = given();
    await store.append('a', 'any', testEvents('a', 3));

    const waiting = new AbortController();
    const waited = collect(store.subscribe({ after: BEFORE_FIRST, signal: waiting.signal }));
    await take(store.subscribe({ after: BEFORE_FIRST }), 3);
    setTimeout(() => waiting.abort(), 5);
    expect(await waited).toHaveLength(3);

    const between = new AbortController();
    const seen: RecordedEvent[] = [];
    for await (const event of store.subscribe({ after: BEFORE_FIRST, signal: between.signal })) {
      seen.push(event);
      between.abort();
    }
    expect(seen).toHaveLength(1);

    expect(
      await collect(store.subscribe({ after: BEFORE_FIRST, signal: AbortSignal.abort() })),
    ).toEqual([]);
  });
}

/** What `close` waits for and what it stops. */
export function closeTests(given: () => Given): void {
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
    const live = collect(store.subscribe({ after: BEFORE_FIRST }));
    await take(store.subscribe({ after: BEFORE_FIRST }), 3);
    await store.close();
    await store.close();
    expect(await live).toHaveLength(3);

    const closed = expect.objectContaining({ name: LogClosed.name });
    await expect(store.append('a', 'any', [testEvent('x')])).rejects.toEqual(closed);
    await expect(collect(store.readAll())).rejects.toEqual(closed);
    await expect(collect(store.readStream('a'))).rejects.toEqual(closed);
    await expect(collect(store.subscribe({ after: BEFORE_FIRST }))).rejects.toEqual(closed);
    await expect(store.head()).rejects.toEqual(closed);
  });

  it.each([3, 1100])('stops a read of %i events that is under way', async (count) => {
    const { store } = given();
    await store.append('a', 'any', testEvents('a', count));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of store.readAll()) {
        seen.push(event.revision);
        if (event.revision === 1) await store.close();
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(LogClosed);
    expect(seen).toEqual([0, 1]);
  });
}
