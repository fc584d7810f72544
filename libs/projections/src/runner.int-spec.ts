/** The runner over the real document store: catching up, rebuilding, and views that fail. */
import { BEFORE_FIRST } from '@flexledger/event-store';
import { CheckpointConflict, type DocumentStore } from './document-store';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { ArrayEventStore } from './testing/array-event-store';
import { dyingAt } from './testing/mortal-store';
import { recordedLog } from './testing/recorded-log';
import { decodeGift, given, noise, type Tally, tallies } from './testing/tallies';
import type { AnyView, View } from './view';

let documents: DocumentStore;
beforeEach(() => (documents = openSqliteDocumentStore({ path: ':memory:' })));
afterEach(() => documents.close());

function runnerOver(
  log: ArrayEventStore,
  views: readonly AnyView[],
  options: { batchSize?: number } = {},
): ProjectionRunner {
  const store = log.asEventStore();
  return createProjectionRunner({ store, documents, views, decode: decodeGift, ...options });
}

describe('catchUp', () => {
  it('reads each event once, and nothing the second time', async () => {
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), noise, given({ a: 2, b: 3 })]));
    const runner = runnerOver(log, [tallies]);
    expect(runner.status()).toEqual([
      { view: 'tallies', version: 1, position: BEFORE_FIRST, halted: undefined },
    ]);
    expect(await runner.catchUp()).toBe(2);
    expect(await runner.catchUp()).toBe(0);
    expect(runner.status()).toEqual([
      { view: 'tallies', version: 1, position: 2, halted: undefined },
    ]);
    expect(await documents.getMany(tallies, ['a', 'b'])).toEqual([
      { who: 'a', sum: 3, events: 2 },
      { who: 'b', sum: 3, events: 1 },
    ]);
  });

  it('does nothing on an empty log, and begins with its first event', async () => {
    const log = new ArrayEventStore([]);
    const runner = runnerOver(log, [tallies]);
    expect(await runner.catchUp()).toBe(0);
    log.push(...recordedLog([given({ a: 1 })]));
    expect(await runner.catchUp()).toBe(1);
    expect(await documents.count(tallies)).toBe(1);
  });

  it('brings a new view level with the others without folding theirs again', async () => {
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    await runnerOver(log, [tallies]).catchUp();
    const late: View<Tally> = { ...tallies, name: 'late-tallies' };
    log.push({ ...recordedLog([given({}), given({}), given({ a: 4 })])[2]! });
    expect(await runnerOver(log, [tallies, late]).catchUp()).toBe(3);
    for (const view of [tallies, late]) {
      expect(await documents.getMany(view, ['a'])).toEqual([{ who: 'a', sum: 7, events: 3 }]);
    }
  });

  it('deletes what the view says is gone, also within one batch', async () => {
    const log = new ArrayEventStore(
      recordedLog([given({ a: 1, b: 1 }), given({ a: 0 }), given({ b: 0 }), given({ b: 5 })]),
    );
    await runnerOver(log, [tallies]).catchUp();
    expect(await documents.getMany(tallies, ['a', 'b'])).toEqual([
      undefined,
      { who: 'b', sum: 5, events: 1 },
    ]);
  });

  it('drops and rebuilds a view of another version', async () => {
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    await runnerOver(log, [tallies]).catchUp();
    const doubled: View<Tally> = {
      ...tallies,
      version: 2,
      indexes: [],
      evolve: (doc, event, key, index) =>
        tallies.evolve(doc, { ...event, data: { [key]: 10 } }, key, index),
    };
    const runner = runnerOver(log, [doubled]);
    expect(await runner.catchUp()).toBe(2);
    expect(await documents.getMany(doubled, ['a'])).toEqual([{ who: 'a', sum: 20, events: 2 }]);
    expect(await documents.checkpoint(doubled)).toMatchObject({ version: 2, position: 1 });
  });

  it('rebuilds from another log, and from one that lost its end', async () => {
    const events = recordedLog([given({ a: 1 }), given({ a: 2 })]);
    await runnerOver(new ArrayEventStore(events), [tallies]).catchUp();
    const other = recordedLog([given({ b: 7 }), given({ b: 1 }), given({ b: 1 })]).map((event) => ({
      ...event,
      hash: 'f'.repeat(64),
    }));
    await runnerOver(new ArrayEventStore(other), [tallies]).catchUp();
    expect(await documents.getMany(tallies, ['a', 'b'])).toEqual([
      undefined,
      { who: 'b', sum: 9, events: 3 },
    ]);
    await runnerOver(new ArrayEventStore(other.slice(0, 1)), [tallies]).catchUp();
    expect(await documents.getMany(tallies, ['b'])).toEqual([{ who: 'b', sum: 7, events: 1 }]);
    await runnerOver(new ArrayEventStore([]), [tallies]).catchUp();
    expect(await documents.count(tallies)).toBe(0);
  });

  it.each([
    { cachedDocuments: 3, read: 24 },
    { cachedDocuments: 12, read: 12 },
  ])('keeps $cachedDocuments documents in memory', async ({ cachedDocuments, read }) => {
    let asked = 0;
    const counted: DocumentStore = {
      ...dyingAt(documents, []),
      getMany(view, ids) {
        asked += ids.length;
        return documents.getMany(view, ids);
      },
    };
    const names = [...'abcdefghijkl', ...'abcdefghijkl'];
    const log = new ArrayEventStore(recordedLog(names.map((name) => given({ [name]: 1 }))));
    const options = {
      decode: decodeGift,
      store: log.asEventStore(),
      documents: counted,
      views: [tallies],
    };
    await createProjectionRunner({ ...options, cachedDocuments, batchSize: 6 }).catchUp();
    expect(asked).toBe(read);
  });

  it('stores only what changed', async () => {
    const stored: string[] = [];
    const watched: DocumentStore = {
      ...dyingAt(documents, []),
      commit(writes) {
        for (const { puts, deletes } of writes) {
          stored.push(...puts.map(({ id }) => id), ...deletes.map((id) => `-${id}`));
        }
        return documents.commit(writes);
      },
    };
    const lazy: View<Tally> = {
      ...tallies,
      evolve: (doc, event, key, index) =>
        key === 'same' ? doc : tallies.evolve(doc, event, key, index),
    };
    const log = new ArrayEventStore(recordedLog([given({ same: 1, a: 1, b: 1 }), given({ a: 0 })]));
    const options = {
      decode: decodeGift,
      store: log.asEventStore(),
      documents: watched,
      views: [lazy],
    };
    await createProjectionRunner(options).catchUp();
    expect(stored).toEqual(['b', '-a']);
  });

  it('reads anew where another commit that was left half done was carried out meanwhile, and not where another writes', async () => {
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    const conflicting = (isOfCarryingOut: boolean): DocumentStore => {
      let isFirst = true;
      return {
        ...dyingAt(documents, []),
        async commit(writes) {
          if (isFirst) {
            isFirst = false;
            throw new CheckpointConflict('tallies', -1, 0, isOfCarryingOut);
          }
          return documents.commit(writes);
        },
      };
    };
    const over = (store: DocumentStore) =>
      createProjectionRunner({
        decode: decodeGift,
        store: log.asEventStore(),
        documents: store,
        views: [tallies],
      });
    await expect(over(conflicting(false)).catchUp()).rejects.toThrow(CheckpointConflict);
    await over(conflicting(true)).catchUp();
    expect(await documents.getMany(tallies, ['a'])).toEqual([{ who: 'a', sum: 3, events: 2 }]);
  });

  it('keeps turns when called many times at once', async () => {
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    const runner = runnerOver(log, [tallies], { batchSize: 1 });
    const counts = await Promise.all([runner.catchUp(), runner.rebuild(), runner.catchUp()]);
    expect(counts).toEqual([2, 2, 0]);
    expect(await documents.getMany(tallies, ['a'])).toEqual([{ who: 'a', sum: 3, events: 2 }]);
  });
});

describe('rebuild', () => {
  it('folds one view again and leaves the others', async () => {
    let folded = 0;
    const counting: View<Tally> = {
      ...tallies,
      name: 'counting',
      evolve(...args) {
        folded += 1;
        return tallies.evolve(...args);
      },
    };
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    const runner = runnerOver(log, [tallies, counting]);
    await runner.catchUp();
    expect(await runner.rebuild('tallies')).toBe(2);
    expect(folded).toBe(2);
    expect(await runner.rebuild('counting')).toBe(2);
    expect(folded).toBe(4);
  });

  it('names the views there are when asked for another', async () => {
    const runner = runnerOver(new ArrayEventStore([]), [tallies]);
    await expect(runner.rebuild('tales')).rejects.toThrow(
      'There is no view "tales"; there are tallies.',
    );
  });
});

describe('indexes', () => {
  it('are made at the end of a rebuild, and not again until the next', async () => {
    const done: string[] = [];
    const watched: DocumentStore = {
      ...dyingAt(documents, []),
      makeIndexes(views) {
        done.push(`indexes of ${views.map(({ name }) => name).join()}`);
        return documents.makeIndexes(views);
      },
      commit(writes) {
        done.push('commit');
        return documents.commit(writes);
      },
    };
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    const options = {
      decode: decodeGift,
      store: log.asEventStore(),
      documents: watched,
      batchSize: 1,
    };
    const runner = createProjectionRunner({ ...options, views: [tallies] });
    await runner.catchUp();
    log.push(recordedLog([given({}), given({}), given({ a: 4 })])[2]!);
    await runner.catchUp();
    const indexes = 'indexes of tallies';
    expect(done).toEqual(['commit', 'commit', indexes, 'commit']);
    await runner.rebuild();
    expect(done.slice(4)).toEqual(['commit', 'commit', 'commit', indexes]);
  });

  it('are made by the next run when a rebuild died', async () => {
    const log = new ArrayEventStore(recordedLog([given({ a: 1 }), given({ a: 2 })]));
    const mortal = dyingAt(documents, ['after']);
    let made = 0;
    const watched: DocumentStore = {
      ...mortal,
      async makeIndexes(views) {
        made += 1;
        await documents.makeIndexes(views);
      },
    };
    const options = {
      decode: decodeGift,
      store: log.asEventStore(),
      documents: watched,
      batchSize: 1,
    };
    const runner = createProjectionRunner({ ...options, views: [tallies] });
    await expect(runner.catchUp()).rejects.toThrow('died after');
    expect(made).toBe(0);
    await runner.catchUp();
    expect(made).toBe(1);
  });
});

describe('a view that fails', () => {
  const failing: View<Tally> = {
    ...tallies,
    name: 'failing',
    evolve(doc, event, key, index) {
      if (key === 'bad') throw new RangeError('no such gift');
      return tallies.evolve(doc, event, key, index);
    },
  };
  const events = [given({ a: 1 }), noise, given({ a: 2, bad: 1 }), given({ a: 4 })];

  it('stops before the event, whole, and says where; the others go on', async () => {
    const log = new ArrayEventStore(recordedLog(events));
    const runner = runnerOver(log, [failing, tallies]);
    await runner.catchUp();
    const [stopped, running] = runner.status();
    expect(stopped).toMatchObject({ view: 'failing', position: 0 });
    expect(stopped?.halted?.message).toBe(
      'View failing stopped at the Given of position 2 ' +
        '(id 00000000-0000-8000-8000-000000000002): no such gift. ' +
        'The other views go on; correct the view, raise its version and start again.',
    );
    expect(running).toEqual({ view: 'tallies', version: 1, position: 3, halted: undefined });
    expect(await documents.getMany(failing, ['a'])).toEqual([{ who: 'a', sum: 1, events: 1 }]);
    expect(await documents.getMany(tallies, ['a'])).toEqual([{ who: 'a', sum: 7, events: 3 }]);
    log.push(recordedLog([...events, given({ a: 8 })])[4]!);
    await runner.catchUp();
    expect(runner.status().map(({ position }) => position)).toEqual([0, 4]);
  });

  it('also when it cannot tell the keys', async () => {
    const keyless: View<Tally> = {
      ...tallies,
      name: 'keyless',
      keysOf(event) {
        if ('bad' in event.data) throw new Error('no keys');
        return tallies.keysOf(event);
      },
    };
    const runner = runnerOver(new ArrayEventStore(recordedLog(events)), [keyless]);
    await runner.catchUp();
    expect(runner.status()[0]?.halted?.event.position).toBe(2);
    expect(await documents.getMany(keyless, ['a'])).toEqual([{ who: 'a', sum: 1, events: 1 }]);
  });

  it('also when it makes a document that cannot be stored', async () => {
    const unfit: View<Tally> = {
      ...tallies,
      name: 'unfit',
      evolve(doc, event, key, index) {
        if (key === 'bad') return {} as Tally;
        return tallies.evolve(doc, event, key, index);
      },
    };
    const runner = runnerOver(new ArrayEventStore(recordedLog(events)), [unfit, tallies]);
    await runner.catchUp();
    const [stopped, running] = runner.status();
    expect(stopped?.halted?.event.position).toBe(2);
    expect(stopped?.halted?.message).toContain('unfit indexes who, which holds undefined');
    expect(running).toEqual({ view: 'tallies', version: 1, position: 3, halted: undefined });
    expect(await documents.getMany(unfit, ['a'])).toEqual([{ who: 'a', sum: 1, events: 1 }]);
  });

  it('goes on from the event once it is corrected, also in a new version or by a rebuild', async () => {
    const log = new ArrayEventStore(recordedLog(events));
    await runnerOver(log, [failing]).catchUp();
    const corrected: View<Tally> = { ...tallies, name: 'failing' };
    await runnerOver(log, [corrected]).catchUp();
    expect(await documents.getMany(corrected, ['a'])).toEqual([{ who: 'a', sum: 7, events: 3 }]);

    let broken = true;
    const repaired: View<Tally> = {
      ...tallies,
      name: 'repaired',
      evolve: (...args) => (broken ? failing : tallies).evolve(...args),
    };
    const runner = runnerOver(log, [repaired]);
    await runner.catchUp();
    broken = false;
    await runner.rebuild('repaired');
    expect(runner.status()[0]).toMatchObject({ position: 3, halted: undefined });
    expect(await documents.getMany(repaired, ['a'])).toEqual([{ who: 'a', sum: 7, events: 3 }]);
  });
});
