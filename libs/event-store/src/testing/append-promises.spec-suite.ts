/** The contract's tests of `append`: what is recorded, when it is refused, what a repeat gives. */
import type { ProposedEvent } from '@flexledger/domain';
import { canonicalJson } from '@flexledger/identity';
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { AppendTooLarge, InvalidAppend, RevisionConflict } from '../errors';
import { BEFORE_FIRST, APPEND_LIMIT_BYTES, type EventStore } from '../port';
import { collect, testEvent, testEvents } from './events';
import { expectGaplessRevisions, expectSoundHash } from './expectations';
import type { Given } from './store-under-test';

/** Recording, order, durability, company. */
export function appendTests(given: () => Given): void {
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

  it.each([
    ['in a value', { text: 'half \ud800 a pair' }],
    ['in a name', { 'half \udc00 a pair': 1 }],
  ])('refuses half a surrogate pair, which has no canonical form, %s', async (_, data) => {
    const { store } = given();
    const appending = store.append('a', 'noStream', [testEvent('x', { data })]);
    await expect(appending).rejects.toThrow('half a surrogate pair');
    expect(await collect(store.readAll())).toEqual([]);
  });

  it('keeps text of every script, and names that need quoting', async () => {
    const { store } = given();
    const data = {
      'città"\\': 'Forlì – Cesena 𝒢 ⚡ \u2028 \u0000 end',
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

/** Conflicts, and repeats of the same append. */
export function revisionTests(given: () => Given): void {
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
      expect(await opened.append('a', 'noStream', testEvents('a', 2))).toMatchObject(first);
      expect(await opened.append('a', 1, testEvents('b', 3))).toMatchObject(second);
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
    expect(second).toMatchObject(first);
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

/** Appends that no log takes. */
export function refusalTests(given: () => Given): void {
  it('takes an append of exactly the limit, and refuses one byte more', async () => {
    const { store } = given();
    const emptyBytes = Buffer.byteLength(canonicalJson({ text: '' }));
    const ofBytes = (name: string, bytes: number): ProposedEvent =>
      testEvent(name, { data: { text: 'x'.repeat(bytes - emptyBytes) } });
    const half = APPEND_LIMIT_BYTES / 2;

    const tooLarge = store.append('a', 'noStream', [ofBytes('1', half), ofBytes('2', half + 1)]);
    await expect(tooLarge).rejects.toBeInstanceOf(AppendTooLarge);
    await expect(tooLarge).rejects.toMatchObject({ bytes: APPEND_LIMIT_BYTES + 1 });
    expect(await store.head()).toBe(BEFORE_FIRST);

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
    expect(await store.head()).toBe(BEFORE_FIRST);
  });
}

function circle(): object {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}
