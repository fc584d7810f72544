/**
 * An event that a processor cannot handle: tried again with growing pauses, then a halt that names it,
 * until its cause is removed or an operator decides to go past it. Nothing of it holds up others.
 */
import { type RecordedEvent, createEventDecoder } from '@flexledger/domain';
import { contextOf } from '../command-context';
import { BEFORE_FIRST, type EventStore } from '../port';
import {
  type Instance,
  START_MS,
  type Trial,
  nameOf,
  noting,
  openTrial,
  settled,
} from './testing/trial';

let trial: Trial;
let store: FaultyStore;
beforeEach(async () => {
  trial = await openTrial((log) => (store = faulty(log)));
});
afterEach(() => trial.close());

const HALTED_AFTER_MS = 600;
const RETRY_MS = 30_000;
const context = (name: string) => contextOf(name, name, 'operator:test');

/** Fails at the events of those names. */
function failingAt(poisoned: Set<string>) {
  const attempts: string[] = [];
  const processor = noting('notes', ['Asked'], async ({ data }) => {
    attempts.push(nameOf(data));
    if (poisoned.has(nameOf(data))) throw new Error('the solver is not installed');
  });
  return { ...processor, attempts };
}

async function haltOf({ runner }: Instance) {
  return (await runner.status()).find(({ name }) => name === 'notes')?.halt;
}

async function idOf(position: number): Promise<string> {
  for await (const event of trial.store.readAll()) if (event.position === position) return event.id;
  throw new Error(`Nothing stands at ${position}.`);
}

it('is tried again with growing pauses, the next one waiting', async () => {
  const poisoned = new Set(['1']);
  const processor = failingAt(poisoned);
  const instance = await trial.start('A', [processor]);
  await trial.tell('Asked', '1');
  await trial.tell('Asked', '2');
  expect(processor.attempts).toEqual(['1']);
  await instance.passing(99);
  expect(processor.attempts).toEqual(['1']);
  await instance.passing(1);
  expect(processor.attempts).toEqual(['1', '1']);
  await instance.passing(499);
  expect(processor.attempts).toEqual(['1', '1']);
  poisoned.clear();
  await instance.passing(1);
  expect(processor.handled).toEqual(['1', '2']);
  expect(instance.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^notes, event .* \(Asked, position 0\): the solver.*again in 0\.1 s\.$/),
    expect.stringMatching(/^notes, event .* \(Asked, position 0\): the solver.*again in 0\.5 s\.$/),
  ]);
  expect(await haltOf(instance)).toBeUndefined();
});

it('halts its processor, which says at what, why, since when and what to do; others go on', async () => {
  const other = noting('other', ['Asked']);
  const instance = await trial.start('A', [failingAt(new Set(['1'])), other]);
  const position = await trial.tell('Asked', '1');
  await trial.tell('Asked', '2');
  await instance.passing(HALTED_AFTER_MS);
  const eventId = await idOf(position);
  expect(await instance.runner.status()).toMatchObject([
    {
      name: 'notes',
      status: 'halted',
      lag: 2,
      halt: {
        eventId,
        eventType: 'Asked',
        position,
        reason: 'the solver is not installed',
        sinceMs: START_MS + HALTED_AFTER_MS,
        message:
          `Processor notes has halted since 2026-03-17T10:00:00.600Z at event ${eventId} (Asked, ` +
          `position ${position}): the solver is not installed. Remove the cause, it is tried again ` +
          'by itself, or decide to skip this event.',
      },
    },
    { name: 'other', status: 'working', lag: 0 },
  ]);
  expect(other.handled).toEqual(['1', '2']);
});

it('goes on when the cause is removed', async () => {
  const poisoned = new Set(['1']);
  const processor = failingAt(poisoned);
  const instance = await trial.start('A', [processor]);
  await trial.tell('Asked', '1');
  await instance.passing(HALTED_AFTER_MS + RETRY_MS);
  expect(processor.attempts).toHaveLength(4);
  poisoned.clear();
  await instance.passing(RETRY_MS);
  expect(processor.handled).toEqual(['1']);
  expect(await haltOf(instance)).toBeUndefined();
});

it('waits for the read models as for the processor', async () => {
  let isReady = false;
  const processor = noting('notes', ['Asked']);
  const viewsReady = async (position: number): Promise<void> => {
    if (!isReady) throw new Error(`the views are not at ${position}`);
  };
  const instance = await trial.start('A', [processor], { viewsReady });
  await trial.tell('Asked', '1');
  expect(instance.problems).toMatchObject([{ error: { message: 'the views are not at 0' } }]);
  isReady = true;
  await instance.passing(HALTED_AFTER_MS);
  expect(processor.handled).toEqual(['1']);
});

describe('an operator', () => {
  it('lets it go past the event, at once, whichever instance is asked', async () => {
    const processor = failingAt(new Set(['1']));
    const active = await trial.start('A', [processor]);
    const asked = await trial.start('B', [noting('notes', ['Asked'])]);
    const position = await trial.tell('Asked', '1');
    await trial.tell('Asked', '2');
    await active.passing(HALTED_AFTER_MS);
    const eventId = await idOf(position);
    await asked.runner.skip('notes', eventId, 'Settled by hand.', context('skip'));
    await settled();
    expect(processor.handled).toEqual(['2']);
    expect(await haltOf(active)).toBeUndefined();
    expect(await asked.runner.status()).toMatchObject([{ status: 'waiting', lag: 0 }]);
    const decisions = [];
    for await (const event of trial.store.readStream('processor-notes')) decisions.push(event);
    expect(decisions).toMatchObject([
      {
        type: 'ProcessorEventSkipped',
        actor: 'operator:test',
        data: { processor: 'notes', eventId, position, reason: 'Settled by hand.' },
      },
    ]);
  });

  it('decides it once, and for good: also where memory is built up again', async () => {
    const first = await trial.start('A', [failingAt(new Set(['1']))]);
    const eventId = await idOf(await trial.tell('Asked', '1'));
    await trial.tell('Asked', '2');
    await first.passing(HALTED_AFTER_MS);
    await first.runner.skip('notes', eventId, 'Settled by hand.', context('skip'));
    await settled();
    await first.runner.skip('notes', eventId, 'Settled by hand.', context('again'));
    await first.stop();
    const again = failingAt(new Set(['1']));
    await trial.start('B', [{ ...again, replayAfter: async () => BEFORE_FIRST }]);
    expect(again.attempts).toEqual(['2']);
    expect(await trial.told('ProcessorEventSkipped')).toHaveLength(1);
  });

  it('is refused every other event, and any while nothing is halted', async () => {
    const instance = await trial.start('A', [failingAt(new Set(['2']))]);
    const skipping = (eventId: string) =>
      instance.runner.skip('notes', eventId, 'Settled by hand.', context(eventId));
    const healthy = await idOf(await trial.tell('Asked', '1'));
    await expect(skipping(healthy)).rejects.toMatchObject({ code: 'processor-not-halted' });
    await trial.tell('Asked', '2');
    await instance.passing(HALTED_AFTER_MS);
    await expect(skipping(healthy)).rejects.toMatchObject({ code: 'processor-halted-elsewhere' });
    const unknown = instance.runner.skip('nobody', healthy, 'x', context('unknown'));
    await expect(unknown).rejects.toMatchObject({
      code: 'processor-unknown',
      message: 'There is no processor "nobody"; there are notes.',
    });
  });
});

it('halts again at the same event after a restart before the decision', async () => {
  const first = await trial.start('A', [failingAt(new Set(['1']))]);
  const position = await trial.tell('Asked', '1');
  await first.passing(HALTED_AFTER_MS);
  const before = await haltOf(first);
  await first.stop();
  const again = failingAt(new Set(['1']));
  const second = await trial.start('B', [again]);
  await second.passing(10 * HALTED_AFTER_MS);
  expect(again.handled).toEqual([]);
  expect(await haltOf(second)).toEqual(before);
  await second.runner.skip('notes', await idOf(position), 'Settled by hand.', context('skip'));
  await settled();
  expect(await haltOf(second)).toBeUndefined();
});

it('of a version that this release does not know halts at once', async () => {
  const processor = noting('notes', ['Asked']);
  const decode = createEventDecoder({ versions: { Told: 1 }, upcasters: [] });
  const instance = await trial.start('A', [processor], { decode });
  await trial.tell('Asked', '1');
  expect(processor.handled).toEqual([]);
  expect(instance.problems).toHaveLength(1);
  const halt = await haltOf(instance);
  expect(halt?.reason).toMatch(
    /version 1; this release knows no event of that type. Use the newer release/,
  );
});

describe('that cannot be decoded', () => {
  it('halts those that want it, until it is skipped', async () => {
    const [notes, others] = [noting('notes', ['Asked']), noting('other', ['Told'])];
    const instance = await trial.start('A', [notes, others]);
    store.undecodable.add('1');
    const position = await trial.tell('Asked', '1');
    await trial.tell('Asked', '2');
    await trial.tell('Told', 'x');
    await instance.passing(HALTED_AFTER_MS);
    const eventId = await idOf(position);
    expect(await haltOf(instance)).toMatchObject({ eventId, position, eventType: 'Asked' });
    expect(others.handled).toEqual(['x']);
    await instance.runner.skip('notes', eventId, 'Settled by hand.', context('skip'));
    await settled();
    expect(notes.handled).toEqual(['2']);
    expect(await haltOf(instance)).toBeUndefined();
  });

  it('is handled after all when a newer release can', async () => {
    const notes = noting('notes', ['Asked']);
    const instance = await trial.start('A', [notes]);
    store.undecodable.add('1');
    await trial.tell('Asked', '1');
    await instance.passing(HALTED_AFTER_MS);
    store.undecodable.clear();
    await instance.passing(RETRY_MS);
    expect(notes.handled).toEqual(['1']);
    expect(await haltOf(instance)).toBeUndefined();
  });
});

it('where the log cannot be read, says so and goes on when it can', async () => {
  const notes = noting('notes', ['Asked']);
  const instance = await trial.start('A', [notes]);
  await trial.tell('Asked', '1');
  store.failure = new Error('the disk is gone');
  const position = await trial.tell('Asked', '2');
  await instance.passing(HALTED_AFTER_MS);
  expect(await haltOf(instance)).toMatchObject({ eventId: null, reason: 'the disk is gone' });
  const skip = instance.runner.skip('notes', await idOf(position), 'x', context('skip'));
  store.failure = undefined;
  await expect(skip).rejects.toMatchObject({ code: 'processor-not-halted' });
  await instance.passing(RETRY_MS);
  expect(notes.handled).toEqual(['1', '2']);
  expect(await haltOf(instance)).toBeUndefined();
});

it('a state that belongs to another log is told, and nothing is handled by it', async () => {
  const lease = await trial.state.acquire('notes', 'before', 1_000);
  await trial.state.saveCheckpoint(lease!, 500);
  await trial.state.release(lease!);
  const notes = noting('notes', ['Asked']);
  const instance = await trial.start('A', [notes]);
  await trial.tell('Asked', '1');
  await instance.passing(HALTED_AFTER_MS);
  expect(notes.handled).toEqual([]);
  expect((await haltOf(instance))?.reason).toMatch(
    /500 is beyond the log's end 0.*remove the state/,
  );
});

interface FaultyStore extends EventStore {
  /** Names of the events that reading fails at, with an error that names them. */
  readonly undecodable: Set<string>;
  /** Reading fails for whatever comes next. */
  failure: Error | undefined;
}

function faulty(log: EventStore): FaultyStore {
  const undecodable = new Set<string>();
  async function* read(events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent> {
    for await (const event of events) {
      const { id, type, position, data } = event;
      if (undecodable.has(nameOf(data)) && type === 'Asked') {
        const named = { eventId: id, eventType: type, position };
        throw Object.assign(new Error(`${type} cannot be decoded`), named);
      }
      if (store.failure) throw store.failure;
      yield event;
    }
  }
  const store: FaultyStore = {
    undecodable,
    failure: undefined,
    append: (...args) => log.append(...args),
    readStream: (...args) => log.readStream(...args),
    // Whole reads are the test's own; the processors read after a position, of their types.
    readAll: (options) => (options?.filter ? read(log.readAll(options)) : log.readAll(options)),
    subscribe: (options) => read(log.subscribe(options)),
    head: () => log.head(),
    close: () => log.close(),
  };
  return store;
}
