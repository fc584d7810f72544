/** The runner while it follows: live events in batches, beside other turns and through failures. */
import type { DocumentStore } from './document-store';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { ArrayEventStore } from './testing/array-event-store';
import { dyingAt } from './testing/mortal-store';
import { recordedLog } from './testing/recorded-log';
import { decodeGift, given, type Tally, tallies } from './testing/tallies';
import type { AnyView, View } from './view';

let documents: DocumentStore;
beforeEach(() => (documents = openSqliteDocumentStore({ path: ':memory:' })));
afterEach(() => documents.close());

function runnerOver(
  log: ArrayEventStore,
  views: readonly AnyView[],
  options: { documents?: DocumentStore } = {},
): ProjectionRunner {
  const store = log.asEventStore();
  return createProjectionRunner({ store, documents, views, decode: decodeGift, ...options });
}

describe('follow', () => {
  /** Resolves when the view has folded the event of a position. */
  async function folded(runner: ProjectionRunner, position: number): Promise<void> {
    while (runner.status()[0]!.position < position) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const events = recordedLog(Array.from({ length: 700 }, (_, index) => given({ a: index + 1 })));
  const total = (count: number): number => (count * (count + 1)) / 2;

  it('catches up, then folds what comes, until it is told to end', async () => {
    const log = new ArrayEventStore(events.slice(0, 10));
    const runner = runnerOver(log, [tallies]);
    const ending = new AbortController();
    const following = runner.follow(ending.signal);
    await folded(runner, 9);
    log.push(events[10]!);
    await folded(runner, 10);
    log.push(...events.slice(11));
    await folded(runner, 699);
    ending.abort();
    await following;
    expect(await documents.getMany(tallies, ['a'])).toEqual([
      { who: 'a', sum: total(700), events: 700 },
    ]);
  });

  it('commits what is there together', async () => {
    let commits = 0;
    const counted: DocumentStore = {
      ...dyingAt(documents, []),
      commit(writes) {
        commits += 1;
        return documents.commit(writes);
      },
    };
    const log = new ArrayEventStore(events.slice(0, 1));
    const runner = runnerOver(log, [tallies], { documents: counted });
    const ending = new AbortController();
    const following = runner.follow(ending.signal);
    await folded(runner, 0);
    commits = 0;
    log.push(...events.slice(1));
    await folded(runner, 699);
    ending.abort();
    await following;
    expect(commits).toBeLessThan(10);
  });

  it('goes on beside catchUp and rebuild, folding nothing twice', async () => {
    const log = new ArrayEventStore([]);
    const runner = runnerOver(log, [tallies]);
    const ending = new AbortController();
    const following = runner.follow(ending.signal);
    for (let index = 0; index < 60; index += 1) {
      log.push(events[index]!);
      if (index % 7 === 0) await runner.catchUp();
      if (index % 20 === 0) await runner.rebuild();
    }
    await folded(runner, 59);
    ending.abort();
    await following;
    expect(await documents.getMany(tallies, ['a'])).toEqual([
      { who: 'a', sum: total(60), events: 60 },
    ]);
  });

  it.each(['before', 'after'] as const)(
    'loses nothing when another turn fails meanwhile, %s its commit',
    async (death) => {
      let mortal = documents;
      const store: DocumentStore = {
        ...dyingAt(documents, []),
        commit: (writes) => mortal.commit(writes),
      };
      const log = new ArrayEventStore(events.slice(0, 5));
      const runner = runnerOver(log, [tallies], { documents: store });
      const ending = new AbortController();
      const following = runner.follow(ending.signal);
      await folded(runner, 4);
      mortal = dyingAt(documents, [death]);
      await expect(runner.rebuild()).rejects.toThrow(`died ${death} the commit`);
      log.push(events[5]!);
      await folded(runner, 5);
      ending.abort();
      await following;
      expect(await documents.getMany(tallies, ['a'])).toEqual([
        { who: 'a', sum: total(6), events: 6 },
      ]);
    },
  );

  it('ends with the error of the document store, without waiting for another event', async () => {
    const log = new ArrayEventStore(events.slice(0, 1));
    let dying = false;
    const store: DocumentStore = {
      ...dyingAt(documents, []),
      commit: (writes) =>
        dying ? Promise.reject(new Error('disk full')) : documents.commit(writes),
    };
    const runner = runnerOver(log, [tallies], { documents: store });
    const following = runner.follow(new AbortController().signal);
    await folded(runner, 0);
    dying = true;
    log.push(events[1]!);
    await expect(following).rejects.toThrow('disk full');
    expect(log.waiting).toBe(0);
    dying = false;
    await runner.catchUp();
    expect(await documents.getMany(tallies, ['a'])).toEqual([{ who: 'a', sum: 3, events: 2 }]);
  });

  it('folds nothing more of a halted view, and takes it along again after its rebuild', async () => {
    let broken = true;
    const fragile: View<Tally> = {
      ...tallies,
      evolve(...args) {
        if (broken) throw new Error('broken');
        return tallies.evolve(...args);
      },
    };
    const log = new ArrayEventStore(events.slice(0, 2));
    const runner = runnerOver(log, [fragile]);
    const ending = new AbortController();
    const following = runner.follow(ending.signal);
    await runner.catchUp();
    expect(runner.status()[0]?.halted?.event.position).toBe(0);
    broken = false;
    await runner.rebuild('tallies');
    log.push(events[2]!);
    await folded(runner, 2);
    ending.abort();
    await following;
    expect(await documents.getMany(fragile, ['a'])).toEqual([{ who: 'a', sum: 6, events: 3 }]);
  });
});
