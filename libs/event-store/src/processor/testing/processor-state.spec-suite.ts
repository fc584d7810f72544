/**
 * What the port of leases and checkpoints promises, as tests that every engine runs through, with two
 * instances open on one state.
 */
import type { Clock } from '@flexledger/runtime';
import { BEFORE_FIRST } from '../../port';
import { LeaseLost } from '../processor-errors';
import type { Halt, Lease, ProcessorState } from '../processor-state';

/** A new, empty state, opened twice. */
export interface StatesUnderTest {
  readonly one: ProcessorState;
  readonly other: ProcessorState;
  readonly cleanup: () => Promise<void>;
}

const START_MS = Date.parse('2026-03-17T10:00:00.000Z');
const TTL_MS = 5_000;
const NAME = 'market/clearing';
const HALT: Halt = {
  eventId: '00000000-0000-4000-8000-000000000001',
  eventType: 'SessionClosed',
  position: 7,
  reason: 'the solver is not installed',
  sinceMs: START_MS,
};

/** A clock that goes as told, also backwards. */
class SettableClock implements Clock {
  private currentMs = START_MS;

  nowMs(): number {
    return this.currentMs;
  }

  later(durationMs: number): void {
    this.currentMs += durationMs;
  }

  setBack(durationMs: number): void {
    this.currentMs -= durationMs;
  }
}

/** Declares the contract's tests for one engine; the states must go by the given clock. */
export function describeProcessorStateContract(
  engine: string,
  makeStates: (clock: Clock) => Promise<StatesUnderTest>,
): void {
  describe(`${engine} keeps the promises of processors' state`, () => {
    let clock: SettableClock;
    let states: StatesUnderTest;
    beforeEach(async () => {
      clock = new SettableClock();
      states = await makeStates(clock);
    });
    afterEach(() => states.cleanup());

    const given = (): Given => ({ ...states, clock });
    describe('leases', () => leaseTests(given));
    describe('fences', () => fenceTests(given));
    describe('checkpoints', () => checkpointTests(given));
    describe('halts', () => haltTests(given));
  });
}

interface Given {
  readonly one: ProcessorState;
  readonly other: ProcessorState;
  readonly clock: SettableClock;
}

async function taken(state: ProcessorState, owner: string): Promise<Lease> {
  const lease = await state.acquire(NAME, owner, TTL_MS);
  if (!lease) throw new Error(`${owner} did not get the lease.`);
  return lease;
}

function leaseTests(given: () => Given): void {
  it('are given to one, and to the other when they end', async () => {
    const { one, other, clock } = given();
    expect(await one.acquire(NAME, 'A', TTL_MS)).toEqual({ name: NAME, owner: 'A', fence: 1 });
    expect(await other.acquire(NAME, 'B', TTL_MS)).toBeUndefined();
    clock.later(TTL_MS - 1);
    expect(await other.acquire(NAME, 'B', TTL_MS)).toBeUndefined();
    clock.later(1);
    expect(await other.acquire(NAME, 'B', TTL_MS)).toEqual({ name: NAME, owner: 'B', fence: 2 });
  });

  it('are each of one processor', async () => {
    const { one, other } = given();
    await one.acquire('one', 'A', TTL_MS);
    expect(await other.acquire('two', 'B', TTL_MS)).toEqual({ name: 'two', owner: 'B', fence: 1 });
  });

  it('last as long as they are renewed', async () => {
    const { one, other, clock } = given();
    const lease = await taken(one, 'A');
    for (let third = 0; third < 6; third += 1) {
      clock.later(TTL_MS / 2);
      await one.renew(lease, TTL_MS);
    }
    expect(await other.acquire(NAME, 'B', TTL_MS)).toBeUndefined();
  });

  it('may be renewed late, as long as nobody took them', async () => {
    const { one, other, clock } = given();
    const lease = await taken(one, 'A');
    clock.later(3 * TTL_MS);
    await one.renew(lease, TTL_MS);
    expect(await other.acquire(NAME, 'B', TTL_MS)).toBeUndefined();
  });

  it('are free at once when they are released', async () => {
    const { one, other } = given();
    await one.release(await taken(one, 'A'));
    expect(await other.acquire(NAME, 'B', TTL_MS)).toEqual({ name: NAME, owner: 'B', fence: 2 });
  });

  it('are given to one of many who ask at a time', async () => {
    const { one, other } = given();
    const asked = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? one : other).acquire(NAME, `I${index}`, TTL_MS),
    );
    const leases = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    expect(leases).toHaveLength(1);
  });

  it('that end further away than they were given for are of a clock that was set back', async () => {
    const { one, other, clock } = given();
    await one.acquire(NAME, 'A', TTL_MS);
    clock.setBack(TTL_MS + 1);
    expect(await other.acquire(NAME, 'B', TTL_MS)).toMatchObject({ owner: 'B' });
  });

  it('stay where the clock was set back by a little', async () => {
    const { one, other, clock } = given();
    await one.acquire(NAME, 'A', TTL_MS);
    clock.setBack(TTL_MS / 10);
    expect(await other.acquire(NAME, 'B', TTL_MS)).toBeUndefined();
  });
}

function fenceTests(given: () => Given): void {
  it('grow by one with each lease, also for who has it already', async () => {
    const { one } = given();
    expect((await taken(one, 'A')).fence).toBe(1);
    expect((await taken(one, 'A')).fence).toBe(2);
  });

  it('keep out everything under a lease that went to another', async () => {
    const { one, other, clock } = given();
    const lost = await taken(one, 'A');
    clock.later(TTL_MS);
    const current = await taken(other, 'B');
    await other.saveCheckpoint(current, 5);
    const refused = { name: 'LeaseLost', processor: NAME, owner: 'A', fence: 1, holder: 'B' };
    await expect(one.renew(lost, TTL_MS)).rejects.toMatchObject(refused);
    await expect(one.saveCheckpoint(lost, 9)).rejects.toMatchObject(refused);
    await expect(one.halt(lost, HALT)).rejects.toMatchObject(refused);
    await expect(one.clearHalt(lost)).rejects.toMatchObject(refused);
    await one.release(lost);
    expect(await one.status()).toEqual([
      expect.objectContaining({ owner: 'B', fence: 2, checkpoint: 5, halt: null }),
    ]);
  });

  it('keep out an earlier lease of the same owner', async () => {
    const { one, other } = given();
    const first = await taken(one, 'A');
    const second = await taken(other, 'A');
    await expect(one.saveCheckpoint(first, 1)).rejects.toBeInstanceOf(LeaseLost);
    await other.saveCheckpoint(second, 1);
  });

  it('keep out a lease that was released', async () => {
    const { one } = given();
    const lease = await taken(one, 'A');
    await one.release(lease);
    await expect(one.saveCheckpoint(lease, 1)).rejects.toMatchObject({ holder: null });
    await expect(one.renew(lease, TTL_MS)).rejects.toBeInstanceOf(LeaseLost);
  });
}

function checkpointTests(given: () => Given): void {
  it('are none at first, then the last that was saved, for every instance', async () => {
    const { one, other } = given();
    expect(await one.checkpoint(NAME)).toBeUndefined();
    const lease = await taken(one, 'A');
    await one.saveCheckpoint(lease, BEFORE_FIRST);
    expect(await other.checkpoint(NAME)).toBe(BEFORE_FIRST);
    await one.saveCheckpoint(lease, 12);
    expect(await other.checkpoint(NAME)).toBe(12);
  });

  it('never go backwards', async () => {
    const { one } = given();
    const lease = await taken(one, 'A');
    await one.saveCheckpoint(lease, 12);
    await one.saveCheckpoint(lease, 3);
    expect(await one.checkpoint(NAME)).toBe(12);
  });

  it('outlast the lease under which they were saved', async () => {
    const { one, other } = given();
    const lease = await taken(one, 'A');
    await one.saveCheckpoint(lease, 12);
    await one.release(lease);
    await taken(other, 'B');
    expect(await other.checkpoint(NAME)).toBe(12);
  });
}

function haltTests(given: () => Given): void {
  it('are seen by all, whoever takes the lease, until they are cleared', async () => {
    const { one, other } = given();
    const lease = await taken(one, 'A');
    await one.halt(lease, HALT);
    await one.release(lease);
    const next = await taken(other, 'B');
    expect(await other.status()).toEqual([
      {
        name: NAME,
        owner: 'B',
        fence: 2,
        expiresMs: START_MS + TTL_MS,
        checkpoint: null,
        halt: HALT,
      },
    ]);
    await other.clearHalt(next);
    expect((await one.status())[0]!.halt).toBeNull();
  });

  it('are told with all processors, by name', async () => {
    const { one, other } = given();
    await one.acquire('b', 'A', TTL_MS);
    await other.acquire('a', 'B', TTL_MS);
    expect((await one.status()).map(({ name }) => name)).toEqual(['a', 'b']);
  });
}
