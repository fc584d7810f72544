/**
 * What command handling promises where it is not alone: two handlers over two open stores on one log, in
 * one process and in two, each with a memory that the other outruns. Every engine runs through it; an
 * engine's spec imports this file by its path.
 */
import type { RecordedEvent } from '@flexledger/domain';
import { wallClock } from '@flexledger/runtime';
import type { CommandHandler, CommandHandlerOptions } from './command-handler';
import { createCommandHandler } from './command-handling';
import { AppendFailed, CommandConflict } from './errors';
import { isLastOfCommand, markOf } from './event-id';
import { BEFORE_FIRST, type EventStore } from './port';
import type { RunningScript } from './testing/child-script';
import {
  askedAs,
  type CounterCommand,
  counterDecider,
  type CounterEvent,
  type CounterState,
} from './testing/counter';
import { collect } from './testing/events';
import { expectGaplessRevisions } from './testing/expectations';

/** A new, empty log that can be opened more than once at a time. */
export interface SharedLogUnderTest {
  open(): Promise<EventStore>;
  /** Starts `testing/counter-peer` on it, in a process of its own; resolves when it is open. */
  startPeer(): Promise<RunningScript>;
  /** Closes and ends all, and removes the log. */
  cleanup(): Promise<void>;
}

type Counters = CommandHandler<CounterCommand, CounterState, CounterEvent>;
type HandlerOptions = Partial<CommandHandlerOptions<CounterState, CounterCommand, CounterEvent>>;

const STREAM = 'counter-1';
const COUNT: CounterCommand = { kind: 'count' };

/**
 * Declares the suite for one engine; `makeLog` gives a new log each time.
 *
 * @param tellsRepeats whether the engine says of an append that it stood already (`AppendResult.repeated`)
 */
export function describeCommandHandling(
  name: string,
  makeLog: () => Promise<SharedLogUnderTest>,
  { tellsRepeats = true } = {},
): void {
  describe(`command handling over ${name}`, () => {
    let log: SharedLogUnderTest;

    beforeEach(async () => {
      log = await makeLog();
    });
    afterEach(() => log.cleanup());

    const given = (): SharedLogUnderTest => log;
    describe('with a memory that another has outrun', () => memoryTests(given));
    describe('of many commands of one stream', () => togetherTests(given));
    describe('of a command that comes again', () => repeatTests(given, tellsRepeats));
    describe('of a command that was cut short', () => partTests(given, tellsRepeats));
    describe('in several processes', () => processTests(given));
  });
}

function countersOn(store: EventStore, options: HandlerOptions = {}): Counters {
  return createCommandHandler({
    store,
    clock: wallClock,
    decider: counterDecider,
    // Counters are no events of ours.
    decode: (event) => event,
    ...options,
  });
}

/** Two handlers, each with a store and a memory of its own, both of which know the stream. */
async function twoHandlers(log: SharedLogUnderTest): Promise<[Counters, Counters]> {
  const handlers = [countersOn(await log.open()), countersOn(await log.open())] as const;
  for (const handler of handlers) await handler.stateOf(STREAM);
  return [...handlers];
}

async function eventsOf(log: SharedLogUnderTest): Promise<RecordedEvent[]> {
  return collect((await log.open()).readStream(STREAM));
}

function valuesOf(events: readonly RecordedEvent[]): number[] {
  return events.map(({ data }) => (data as { value: number }).value);
}

const countUp = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

function memoryTests(given: () => SharedLogUnderTest): void {
  it('counts every command of two handlers that race, once', async () => {
    const handlers = await twoHandlers(given());
    await Promise.all(
      handlers.map(async (handler, which) => {
        for (let turn = 0; turn < 40; turn += 1) {
          await handler.handle(STREAM, COUNT, askedAs(`${which}/${turn}`));
        }
      }),
    );
    expect(valuesOf(await eventsOf(given()))).toEqual(countUp(1, 80));
  });

  it('says "nothing to do" only when that is so now', async () => {
    const [one, other] = await twoHandlers(given());
    await one.handle(STREAM, { kind: 'set', value: 1 }, askedAs('a'));
    await other.handle(STREAM, { kind: 'set', value: 5 }, askedAs('b'));
    const again = await one.handle(STREAM, { kind: 'set', value: 1 }, askedAs('c'));
    expect(again.events).toEqual([{ type: 'Counted', data: { value: 1 } }]);
    expect((await other.handle(STREAM, { kind: 'set', value: 1 }, askedAs('d'))).events).toEqual(
      [],
    );
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 5, 1]);
  });

  it('refuses only what the rules refuse now', async () => {
    const [one, other] = await twoHandlers(given());
    await one.handle(STREAM, { kind: 'moveGate', isOpen: false }, askedAs('close'));
    await expect(other.handle(STREAM, COUNT, askedAs('a'))).rejects.toThrow('The gate is closed.');
    await other.handle(STREAM, { kind: 'moveGate', isOpen: true }, askedAs('open'));
    expect((await one.handle(STREAM, COUNT, askedAs('b'))).events).toHaveLength(1);
  });

  it('answers with the state as it is now', async () => {
    const [one, other] = await twoHandlers(given());
    for (let turn = 1; turn <= 5; turn += 1) {
      await (turn % 2 === 0 ? one : other).handle(STREAM, COUNT, askedAs(`${turn}`));
      expect((await one.stateOf(STREAM)).value).toBe(turn);
      expect((await other.stateOf(STREAM)).value).toBe(turn);
    }
  });

  it('knows a state as it was last met, and decides on what others have added', async () => {
    const [one, other] = await twoHandlers(given());
    await one.stateOf(STREAM);
    await other.handle(STREAM, COUNT, askedAs('theirs'));
    expect((await one.knownStateOf(STREAM)).value).toBe(0);
    const [settled] = await one.handleInOrder([
      { streamId: STREAM, command: COUNT, context: askedAs('mine') },
    ]);
    expect(settled).toMatchObject({ status: 'fulfilled' });
    expect((await one.knownStateOf(STREAM)).value).toBe(2);
  });

  it('keeps the order of many commands, whether or not their streams were in memory', async () => {
    const [one, other] = await twoHandlers(given());
    const streams = Array.from({ length: 12 }, (_, index) => `order-${index}`);
    for (const [index, streamId] of streams.entries()) {
      for (let turn = 0; turn < index % 3; turn += 1) {
        await other.handle(streamId, COUNT, askedAs(`${streamId}/${turn}`));
      }
      if (index % 2 === 0) await one.stateOf(streamId);
    }
    const results = await one.handleInOrder(
      streams.map((streamId) => ({
        streamId,
        command: COUNT,
        context: askedAs(`mine/${streamId}`),
      })),
    );
    const positions = results.map((each) =>
      each.status === 'fulfilled' ? each.value.position : BEFORE_FIRST,
    );
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(positions).size).toBe(12);
  });

  it('gives commands of one stream their turns, though they are called at once', async () => {
    const [one] = await twoHandlers(given());
    const results = await Promise.all(
      countUp(1, 20).map((turn) => one.handle(STREAM, COUNT, askedAs(`${turn}`))),
    );
    expect(results.flatMap(({ events }) => events.map(({ data }) => data))).toEqual(
      countUp(1, 20).map((value) => ({ value })),
    );
  });
}

function togetherTests(given: () => SharedLogUnderTest): void {
  const commandsOf = (who: string, asked: readonly CounterCommand[]) =>
    asked.map((command, index) => ({
      streamId: STREAM,
      command,
      context: { ...askedAs(`${who}/${index}`), mayRecur: true as const },
    }));
  const commands = (...asked: readonly CounterCommand[]) => commandsOf('one', asked);
  const set = (value: number): CounterCommand => ({ kind: 'set', value });
  const eventsIn = (results: PromiseSettledResult<{ events: readonly CounterEvent[] }>[]) =>
    results.map((result) =>
      result.status === 'fulfilled' ? result.value.events.length : String(result.reason),
    );

  it('decides each on what those before it led to, and appends them at once', async () => {
    const store = await given().open();
    const appends = jest.spyOn(store, 'append');
    const results = await countersOn(store).handleInOrder(commands(COUNT, COUNT, set(2), COUNT));
    expect(eventsIn(results)).toEqual([1, 1, 0, 1]);
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 2, 3]);
    expectGaplessRevisions(await eventsOf(given()));
    // What is nothing to do is said once the log has been read for it, so it parts the appends.
    expect(appends.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('leaves the others standing where the rules refuse one', async () => {
    const [one] = await twoHandlers(given());
    const closing: CounterCommand = { kind: 'moveGate', isOpen: false };
    const results = await one.handleInOrder(
      commands(COUNT, closing, COUNT, { kind: 'moveGate', isOpen: true }, COUNT),
    );
    expect(eventsIn(results)).toEqual([1, 1, 'DomainError: The gate is closed.', 1, 1]);
  });

  it('decides all of them again on what another has added meanwhile', async () => {
    const [one, other] = await twoHandlers(given());
    await other.handle(STREAM, set(7), askedAs('theirs'));
    expect(eventsIn(await one.handleInOrder(commands(COUNT, set(8), COUNT)))).toEqual([1, 0, 1]);
    expect(valuesOf(await eventsOf(given()))).toEqual([7, 8, 9]);
  });

  it('loses and doubles nothing where two do so at once', async () => {
    const handlers = await twoHandlers(given());
    await Promise.all(
      handlers.map(async (handler, which) => {
        for (let round = 0; round < 5; round += 1) {
          const asked = commandsOf(`${which}`, [COUNT, COUNT, COUNT]);
          expect(eventsIn(await handler.handleInOrder(asked))).toEqual([1, 1, 1]);
        }
      }),
    );
    expect(valuesOf(await eventsOf(given()))).toEqual(countUp(1, 30));
  });

  it('fails them all where the log takes none, and stands as before', async () => {
    const store = await given().open();
    const handler = countersOn(store);
    const append = jest
      .spyOn(store, 'append')
      .mockRejectedValueOnce(new AppendFailed(STREAM, 'the disk is full'));
    const failed = await handler.handleInOrder(commands(COUNT, COUNT));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    append.mockRestore();
    expect(eventsIn(await handler.handleInOrder(commands(COUNT, COUNT)))).toEqual([1, 1]);
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 2]);
  });

  it('takes more than one append holds', async () => {
    const [one] = await twoHandlers(given());
    const padding = 'x'.repeat(300_000);
    const large = countUp(1, 4).map((value): CounterCommand => ({
      kind: 'countTo',
      value,
      padding,
    }));
    expect(eventsIn(await one.handleInOrder(commands(...large)))).toEqual([1, 1, 1, 1]);
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 2, 3, 4]);
  });
}

function repeatTests(given: () => SharedLogUnderTest, tellsRepeats: boolean): void {
  it('answers what it led to the first time, whatever others have written since', async () => {
    const [one, other] = await twoHandlers(given());
    const first = await one.handle(STREAM, COUNT, askedAs('first'));
    for (let turn = 0; turn < 3; turn += 1) {
      await other.handle(STREAM, COUNT, askedAs(`more/${turn}`));
      await one.handle(STREAM, COUNT, askedAs(`more yet/${turn}`));
    }
    for (const handler of [one, other]) {
      const again = await handler.handle(STREAM, COUNT, askedAs('first'));
      expect(again).toEqual({ ...first, repeated: true });
    }
    expect(await eventsOf(given())).toHaveLength(7);
  });

  it('answers it although it would be refused now', async () => {
    const [one, other] = await twoHandlers(given());
    const first = await one.handle(STREAM, COUNT, askedAs('in time'));
    await other.handle(STREAM, { kind: 'moveGate', isOpen: false }, askedAs('close'));
    expect(await one.handle(STREAM, COUNT, askedAs('in time'))).toEqual({
      ...first,
      repeated: true,
    });
    await expect(one.handle(STREAM, COUNT, askedAs('late'))).rejects.toThrow('The gate is closed.');
  });

  it('is refused when it asks for something else', async () => {
    const [one, other] = await twoHandlers(given());
    await one.handle(STREAM, COUNT, askedAs('key', 'one more'));
    for (const content of ['two more', undefined]) {
      const reused = other.handle(STREAM, COUNT, askedAs('key', content));
      await expect(reused).rejects.toBeInstanceOf(CommandConflict);
      await expect(reused).rejects.toThrow(STREAM);
    }
    const again = await other.handle(STREAM, COUNT, askedAs('key', 'one more'));
    expect(again.repeated).toBe(true);
    expect(await eventsOf(given())).toHaveLength(1);
  });

  it('is recognised after a restart', async () => {
    const [one] = await twoHandlers(given());
    const first = await one.handle(STREAM, COUNT, askedAs('first'));
    await one.handle(STREAM, COUNT, askedAs('second'));
    const restarted = countersOn(await given().open());
    expect(await restarted.handle(STREAM, COUNT, askedAs('first'))).toEqual({
      ...first,
      repeated: true,
    });
  });

  it('is carried out once when two handlers, or one, get it at the same time', async () => {
    const handlers = await twoHandlers(given());
    for (let turn = 0; turn < 20; turn += 1) {
      const results = await Promise.all(
        [...handlers, ...handlers].map((handler) =>
          handler.handle(STREAM, COUNT, askedAs(`same/${turn}`)),
        ),
      );
      expect(new Set(results.map(({ position }) => position)).size).toBe(1);
      expect(results.map(({ events }) => events)).toEqual(
        results.map(() => [{ type: 'Counted', data: { value: turn + 1 } }]),
      );
      const told = results.filter(({ repeated }) => repeated).length;
      if (tellsRepeats) expect(told).toBe(3);
      else expect(told).toBeLessThanOrEqual(3);
    }
    expect(await eventsOf(given())).toHaveLength(20);
    for (const handler of handlers) expect((await handler.stateOf(STREAM)).value).toBe(20);
  });

  it('is recognised by the log where memory is too short for it', async () => {
    const short = countersOn(await given().open(), { rememberedCommands: 2 });
    const first = await short.handle(STREAM, COUNT, askedAs('first', 'one more'));
    for (let turn = 0; turn < 10; turn += 1) await short.handle(STREAM, COUNT, askedAs(`${turn}`));
    expect(await short.handle(STREAM, COUNT, askedAs('first', 'one more'))).toEqual({
      ...first,
      repeated: true,
    });
    expect(await eventsOf(given())).toHaveLength(11);
  });

  it('is decided again when it led to nothing', async () => {
    const [one, other] = await twoHandlers(given());
    const set = { kind: 'set', value: 3 } as const;
    await one.handle(STREAM, set, askedAs('a'));
    expect(await one.handle(STREAM, set, askedAs('b'))).toEqual({
      events: [],
      position: BEFORE_FIRST,
    });
    await other.handle(STREAM, COUNT, askedAs('c'));
    expect((await one.handle(STREAM, set, askedAs('b'))).events).toHaveLength(1);
  });

  it('is decided each time when it may recur, and is still not doubled by a race', async () => {
    const handlers = await twoHandlers(given());
    const recurring = (name: string) => ({ ...askedAs(name), mayRecur: true }) as const;
    for (const value of [1, 2, 1, 2]) {
      const results = await Promise.all(
        handlers.map((handler) =>
          handler.handle(STREAM, { kind: 'set', value }, recurring(`set ${value}`)),
        ),
      );
      expect(results.some(({ events }) => events.length === 1)).toBe(true);
    }
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 2, 1, 2]);
    for (const handler of handlers) expect((await handler.stateOf(STREAM)).value).toBe(2);
  });

  it('is done once although its log lost the answer and asked for it again, alone and with others', async () => {
    const handler = countersOn(askingTwice(await given().open()));
    const recurring = (name: string) => ({ ...askedAs(name), mayRecur: true }) as const;
    const { events } = await handler.handle(STREAM, COUNT, recurring('alone'));
    expect(events).toMatchObject([{ data: { value: 1 } }]);
    const results = await handler.handleInOrder(
      ['a', 'b'].map((name) => ({ streamId: STREAM, command: COUNT, context: recurring(name) })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    const padding = 'x'.repeat(700_000);
    await handler.handle(STREAM, { kind: 'countTo', value: 5, padding }, recurring('long'));
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 2, 3, 4, 5]);
  });
}

/** Appends all twice, as a log does whose connection breaks before it has heard that it stands. */
function askingTwice(store: EventStore): EventStore {
  return {
    async append(...args) {
      await store.append(...args);
      return store.append(...args);
    },
    readStream: (...args) => store.readStream(...args),
    readAll: (...args) => store.readAll(...args),
    subscribe: (...args) => store.subscribe(...args),
    head: () => store.head(),
    close: () => store.close(),
  };
}

function partTests(given: () => SharedLogUnderTest, tellsRepeats: boolean): void {
  /** Three appends. */
  const toThree = { kind: 'countTo', value: 3, padding: 'x'.repeat(700_000) } as const;

  it('goes on where it was cut, with the next ids', async () => {
    const cut = countersOn(failingAfter(await given().open(), 1));
    await expect(cut.handle(STREAM, toThree, askedAs('long'))).rejects.toBeInstanceOf(AppendFailed);
    expect(await eventsOf(given())).toHaveLength(1);

    const whole = await countersOn(await given().open()).handle(STREAM, toThree, askedAs('long'));
    expect(whole.repeated).toBeUndefined();
    expect(whole.events.map(({ data }) => data)).toMatchObject([
      { value: 1 },
      { value: 2 },
      { value: 3 },
    ]);
    const stored = await eventsOf(given());
    expect(stored.map(({ id }) => isLastOfCommand(id))).toEqual([false, false, true]);
    expect(new Set(stored.map(({ id }) => markOf(id))).size).toBe(1);
    expect(await cut.handle(STREAM, toThree, askedAs('long'))).toEqual({
      ...whole,
      repeated: true,
    });
  });

  it('is parted by bytes, whatever the characters', async () => {
    const padding = '\u20ac'.repeat(200_000);
    const counters = countersOn(await given().open());
    const { events } = await counters.handle(
      STREAM,
      { kind: 'countTo', value: 3, padding },
      askedAs('euros'),
    );
    expect(events).toHaveLength(3);
  });

  it('goes on although others came between', async () => {
    const cut = countersOn(failingAfter(await given().open(), 1));
    await expect(cut.handle(STREAM, toThree, askedAs('long', 'to three'))).rejects.toThrow();
    const other = countersOn(await given().open());
    await other.handle(STREAM, COUNT, askedAs('between'));
    await expect(other.handle(STREAM, toThree, askedAs('long', 'to four'))).rejects.toBeInstanceOf(
      CommandConflict,
    );
    const whole = await other.handle(STREAM, toThree, askedAs('long', 'to three'));
    expect(whole.events.map(({ data }) => data)).toMatchObject([{ value: 1 }, { value: 3 }]);
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 2, 3]);
    const again = await cut.handle(STREAM, toThree, askedAs('long', 'to three'));
    expect(again).toEqual({ ...whole, repeated: true });
  });

  it('goes on where memory is too short for it', async () => {
    const store = await given().open();
    const cut = countersOn(failingAfter(store, 1), { rememberedCommands: 1 });
    await expect(cut.handle(STREAM, toThree, askedAs('long'))).rejects.toThrow();
    const short = countersOn(store, { rememberedCommands: 1 });
    await short.handle(STREAM, { kind: 'set', value: 9 }, askedAs('a'));
    await short.handle(STREAM, { kind: 'set', value: 1 }, askedAs('b'));
    await short.handle(STREAM, { kind: 'set', value: 0 }, askedAs('c'));
    const whole = await short.handle(STREAM, toThree, askedAs('long'));
    expect(valuesOf(await eventsOf(given()))).toEqual([1, 9, 1, 0, 1, 2, 3]);
    expect(whole.events).toHaveLength(4);
  });

  it('is whole when only the answer was lost', async () => {
    const deaf = countersOn(failingAfter(await given().open(), 0, { afterwards: true }));
    await expect(deaf.handle(STREAM, COUNT, askedAs('lost'))).rejects.toBeInstanceOf(AppendFailed);
    const again = await deaf.handle(STREAM, COUNT, askedAs('lost'));
    expect(again).toMatchObject({ events: [{ data: { value: 1 } }] });
    if (tellsRepeats) expect(again.repeated).toBe(true);
    expect(await eventsOf(given())).toHaveLength(1);
  });
}

function processTests(given: () => SharedLogUnderTest): void {
  it('counts every command of two processes and this one, once', async () => {
    const [a, b] = await Promise.all([given().startPeer(), given().startPeer()]);
    const here = countersOn(await given().open());
    await here.stateOf(STREAM);
    a.tell(`count ${STREAM} 40 a`);
    b.tell(`count ${STREAM} 40 b`);
    for (let turn = 0; turn < 40; turn += 1) {
      await here.handle(STREAM, COUNT, askedAs(`here/${turn}`));
    }
    await Promise.all([a.printed(2), b.printed(2)]);
    const stored = await eventsOf(given());
    expect(valuesOf(stored)).toEqual(countUp(1, 120));
    expectGaplessRevisions(stored);
    expect((await here.stateOf(STREAM)).value).toBe(120);
  });

  it('recognises in one process what was carried out in another', async () => {
    const peer = await given().startPeer();
    const here = countersOn(await given().open());
    await here.stateOf(STREAM);
    peer.tell(`once ${STREAM} shared`);
    await peer.printed(2);
    const first = JSON.parse(peer.lines()[1]!) as object;
    await here.handle(STREAM, COUNT, askedAs('mine'));
    expect(await here.handle(STREAM, COUNT, askedAs('shared'))).toEqual({
      ...first,
      repeated: true,
    });

    const mine = await here.handle(STREAM, COUNT, askedAs('here-first'));
    peer.tell(`once ${STREAM} here-first`);
    await peer.printed(3);
    expect(JSON.parse(peer.lines()[2]!)).toEqual({ ...mine, repeated: true });
  });

  it('carries out once what both get at the same time', async () => {
    const peer = await given().startPeer();
    const here = countersOn(await given().open());
    peer.tell(`count ${STREAM} 60 same`);
    for (let turn = 0; turn < 60; turn += 1) {
      await here.handle(STREAM, COUNT, askedAs(`same/${turn}`));
    }
    await peer.printed(2);
    expect(valuesOf(await eventsOf(given()))).toEqual(countUp(1, 60));
  });
}

/** A store whose append fails once: after so many that go well, before it writes or `afterwards`. */
function failingAfter(store: EventStore, appends: number, { afterwards = false } = {}): EventStore {
  let left = appends;
  return {
    async append(...args) {
      left -= 1;
      const failsNow = left === -1;
      const result = failsNow && !afterwards ? undefined : await store.append(...args);
      if (!failsNow) return result!;
      throw new AppendFailed(args[0], 'the test wants it so');
    },
    readStream: (...args) => store.readStream(...args),
    readAll: (...args) => store.readAll(...args),
    subscribe: (...args) => store.subscribe(...args),
    head: () => store.head(),
    close: () => store.close(),
  };
}
