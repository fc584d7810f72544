/**
 * A processor that does several events at once: it is handed what is there, in order, and goes on from one checkpoint; what
 * it fails at is still met alone, and named.
 */
import type { RecordedEvent } from '@flexledger/domain';
import { contextOf } from '../command-context';
import type { EventStore } from '../port';
import type { Processor } from './processor';
import { type Trial, nameOf, openTrial, settled } from './testing/trial';

let trial: Trial;
/** While it is true the log says that it cannot be read behind the third event. */
let isCut = false;
beforeEach(async () => {
  trial = await openTrial(cutBehindThird);
});
afterEach(() => trial.close());

function cutBehindThird(log: EventStore): EventStore {
  const cut = async function* (events: AsyncIterable<RecordedEvent>) {
    for await (const event of events) {
      if (isCut && event.position > 2) throw new Error('the disk does not answer');
      yield event;
    }
  };
  return new Proxy(log, {
    get(target, key) {
      if (key === 'subscribe' || key === 'readAll') {
        return (options: never) => cut(target[key](options));
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value as () => void).bind(target) : value;
    },
  });
}

/** Notes what it is handed, together and alone, and fails where one of those names is among it. */
function together(poisoned = new Set<string>()) {
  const handed: string[][] = [];
  const done: string[] = [];
  const handleSeveral = async (events: readonly RecordedEvent[]): Promise<void> => {
    const names = events.map(({ data }) => nameOf(data));
    handed.push(names);
    if (names.some((name) => poisoned.has(name))) throw new Error('it is poisoned');
    done.push(...names);
  };
  const handle = (event: RecordedEvent): Promise<void> => handleSeveral([event]);
  const processor: Processor = { name: 'together', types: ['Asked'], handle, handleSeveral };
  return { processor, handed, done };
}

async function askedBefore(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `${index}`);
  for (const name of names) await trial.tell('Asked', name);
  return names;
}

it('is handed what is there in one go, and what comes later as it comes', async () => {
  const names = await askedBefore(20);
  const { processor, handed } = together();
  const { runner } = await trial.start('A', [processor]);
  await trial.tell('Asked', 'later');
  expect(handed).toEqual([names, ['later']]);
  expect(await runner.status()).toMatchObject([{ status: 'working', lag: 0 }]);
});

it('is handed what it failed at in smaller parts, down to the event that halts it; those before it are done', async () => {
  const names = await askedBefore(40);
  const { processor, handed, done } = together(new Set(['23']));
  const instance = await trial.start('A', [processor]);
  await instance.passing(600);
  expect([...new Set(done)]).toEqual(names.slice(0, 23));
  const [status] = await instance.runner.status();
  expect(status).toMatchObject({ status: 'halted', lag: 17, halt: { position: 23 } });
  // The event was tried by itself as often as any that a processor fails at.
  expect(handed.filter((some) => some.join() === '23')).toHaveLength(3);
  expect(instance.problems.every(({ message }) => message.includes('position 23'))).toBe(true);

  const decided = contextOf('skip', 'skip', 'operator:test');
  await instance.runner.skip('together', status!.halt!.eventId!, 'Not to be had.', decided);
  await settled();
  expect([...new Set(done)]).toEqual(names.filter((name) => name !== '23'));
});

it('goes on with all of them once the cause is removed', async () => {
  const names = await askedBefore(40);
  const poisoned = new Set(['0']);
  const { processor, handed, done } = together(poisoned);
  const instance = await trial.start('A', [processor]);
  expect(done).toEqual([]);
  poisoned.clear();
  await instance.passing(100);
  expect(done).toEqual(names);
  expect(handed.length).toBeLessThan(6);
});

it('is handed what could be read before the log could not be read on', async () => {
  const names = await askedBefore(6);
  isCut = true;
  const { processor, handed, done } = together();
  const instance = await trial.start('A', [processor]);
  expect(handed).toEqual([names.slice(0, 3)]);
  isCut = false;
  await instance.passing(100);
  expect(done).toEqual(names);
});
