/**
 * Two instances of the same processors over one log: one works, the other takes over, and an instance
 * that wakes up after it lost its lease does no harm.
 */
import { VirtualClock } from '@flexledger/runtime';
import {
  START_MS,
  type Trial,
  answering,
  holdPoints,
  noting,
  openTrial,
  settled,
} from './testing/trial';
import { BEFORE_FIRST } from '../port';

let trial: Trial;
beforeEach(async () => {
  trial = await openTrial();
});
afterEach(() => trial.close());

const LEASE_MS = 5_000;

describe('of two instances', () => {
  it('one handles every event in order, the other waits', async () => {
    const [a, b] = [noting('notes', ['Asked']), noting('notes', ['Asked'])];
    const [one, other] = [await trial.start('A', [a]), await trial.start('B', [b])];
    for (const name of ['1', '2', '3']) await trial.tell('Asked', name);
    await trial.tell('Ignored', 'x');
    await one.passing(4 * LEASE_MS);
    await trial.tell('Asked', '4');
    expect(a.handled).toEqual(['1', '2', '3', '4']);
    expect(b.handled).toEqual([]);
    expect(await one.runner.status()).toMatchObject([{ owner: 'A', status: 'working', lag: 0 }]);
    expect(await other.runner.status()).toMatchObject([{ owner: 'A', status: 'waiting', lag: 0 }]);
  });

  it('the other goes on at once where a clean end left off', async () => {
    const [a, b] = [noting('notes', ['Asked']), noting('notes', ['Asked'])];
    const one = await trial.start('A', [a]);
    const other = await trial.start('B', [b]);
    await trial.tell('Asked', '1');
    await one.stop();
    await trial.tell('Asked', '2');
    await other.passing(LEASE_MS / 20);
    expect([a.handled, b.handled]).toEqual([['1'], ['2']]);
  });

  it('each may have the lease of another processor', async () => {
    const mine = noting('mine', ['Asked']);
    const yours = noting('yours', ['Asked']);
    await trial.start('A', [mine]);
    await trial.start('B', [yours]);
    await trial.tell('Asked', '1');
    expect([mine.handled, yours.handled]).toEqual([['1'], ['1']]);
  });

  it('of the same name one stands back, and says what to do', async () => {
    const [a, b] = [noting('notes', ['Asked']), noting('notes', ['Asked'])];
    const one = await trial.start('A', [a]);
    const other = await trial.start('A', [b]);
    await other.passing(4 * LEASE_MS);
    await trial.tell('Asked', '1');
    expect([a.handled, b.handled]).toEqual([[], ['1']]);
    expect(one.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('another instance is named A too: give each its own name'),
    ]);
    expect(other.problems).toEqual([]);
    expect(await trial.state.status()).toMatchObject([{ fence: 2 }]);
  });
});

describe.each(['handling', 'handled', 'acquired'])(
  'an instance stopped when it has reached "%s"',
  (at) => {
    const point = `processor/answers/${at}`;

    it('loses its lease, and does no harm when it wakes up', async () => {
      const faults = holdPoints();
      const asleep = new VirtualClock(START_MS);
      const [a, b] = [answering(trial.store, asleep), answering(trial.store, trial.clock)];
      faults.hold(point);
      const one = await trial.start('A', [a], { clock: asleep, faults });
      await trial.tell('Asked', '1');
      expect(faults.waiting(point)).toBe(1);

      const other = await trial.start('B', [b]);
      await other.passing(LEASE_MS - 1);
      expect(b.handled).toEqual([]);
      await other.passing(LEASE_MS);
      await trial.tell('Asked', '2');
      await trial.tell('Asked', '3');
      expect(b.handled).toEqual(['1', '2', '3']);
      const checkpoint = await trial.state.checkpoint('answers');

      faults.letGo();
      await settled();
      await asleep.advanceTo(trial.clock.nowMs(), settled);
      expect(await trial.told('Answered')).toEqual(['1', '2', '3']);
      expect(await trial.state.checkpoint('answers')).toBe(checkpoint);
      expect(a.handled.filter((name) => name !== '1')).toEqual([]);
      expect(one.problems.map(({ error }) => (error as Error).name)).toEqual(['LeaseLost']);
      expect(await one.runner.status()).toMatchObject([{ owner: 'B', status: 'waiting' }]);

      await other.stop();
      await trial.tell('Asked', '4');
      await one.passing(LEASE_MS);
      expect(a.handled.at(-1)).toBe('4');
      expect(await trial.told('Answered')).toEqual(['1', '2', '3', '4']);
    });
  },
);

it('an instance that finds its lease expired by its own clock asks before it handles anything', async () => {
  const [a, b] = [noting('notes', ['Asked']), noting('notes', ['Asked'])];
  const asleep = new VirtualClock(START_MS);
  const one = await trial.start('A', [a], { clock: asleep });
  const other = await trial.start('B', [b]);
  await other.passing(2 * LEASE_MS);
  // Awake, but the timer that renews the lease has not had its turn yet.
  jest.spyOn(asleep, 'nowMs').mockReturnValue(trial.clock.nowMs());
  await trial.tell('Asked', '1');
  expect([a.handled, b.handled]).toEqual([[], ['1']]);
  expect(one.problems).toMatchObject([{ error: { name: 'LeaseLost', holder: 'B' } }]);
});

describe('where a lease begins', () => {
  it('is a place of its own when there is no checkpoint, kept from then on', async () => {
    const first = await trial.tell('Asked', '1');
    await trial.tell('Asked', '2');
    const a = noting('notes', ['Asked']);
    const one = await trial.start('A', [a], { startAfter: async () => first });
    expect(a.handled).toEqual(['2']);
    await one.stop();
    const b = noting('notes', ['Asked']);
    await trial.start('B', [b], { startAfter: async () => BEFORE_FIRST });
    expect(b.handled).toEqual([]);
  });

  it('is before the checkpoint where memory has to be built up, and checkpoints stay', async () => {
    const positions: number[] = [];
    for (const name of ['1', '2', '3']) positions.push(await trial.tell('Asked', name));
    await (await trial.start('A', [noting('notes', ['Asked'])])).stop();
    const again = noting('notes', ['Asked']);
    const replaying = { ...again, replayAfter: async () => positions[0]! };
    await trial.start('B', [replaying]);
    expect(again.handled).toEqual(['2', '3']);
    expect(await trial.state.checkpoint('notes')).toBe(positions[2]);
  });
});

it('checkpoints move on over events that nobody wants, once a second', async () => {
  const instance = await trial.start('A', [noting('notes', ['Asked'])]);
  const saves = jest.spyOn(trial.state, 'saveCheckpoint');
  await trial.tell('Asked', '1');
  for (const name of ['a', 'b', 'c', 'd']) await trial.tell('Ignored', name);
  expect(saves).toHaveBeenCalledTimes(1);
  await instance.passing(1_000);
  await instance.passing(1_000);
  expect(saves).toHaveBeenCalledTimes(2);
  expect(await trial.state.checkpoint('notes')).toBe(await trial.store.head());
});

it('a store that closes ends the following', async () => {
  const instance = await trial.start('A', [noting('notes', ['Asked'])]);
  await trial.store.close();
  await instance.ended;
  expect(instance.problems).toEqual([]);
});

it('who does more than answer events is told when its turn begins, and when it ends', async () => {
  const turns: { fence: number; isOver: () => boolean }[] = [];
  const calendar = {
    ...noting('calendar', ['Asked']),
    begin: async ({ signal, fence }: { signal: AbortSignal; fence: number }) =>
      void turns.push({ fence, isOver: () => signal.aborted }),
  };
  const asleep = new VirtualClock(START_MS);
  await trial.start('A', [calendar], { clock: asleep });
  const other = await trial.start('B', [calendar]);
  expect(turns.map(({ fence, isOver }) => [fence, isOver()])).toEqual([[1, false]]);
  await other.passing(2 * LEASE_MS);
  await asleep.advanceTo(trial.clock.nowMs(), settled);
  expect(turns.map(({ fence, isOver }) => [fence, isOver()])).toEqual([
    [1, true],
    [2, false],
  ]);
});
