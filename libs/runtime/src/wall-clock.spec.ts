/**
 * Timers on a clock that people set and a lid stops, told as stories: given a machine, when its clock
 * is set or it sleeps, then each task runs once, not before its instant, and soon after it.
 */
import { storyMachine } from './testing/story-machine';
import { WallTimers } from './wall-clock';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOON_MS = Date.UTC(2026, 2, 17, 12);

function givenTimers() {
  const machine = storyMachine(NOON_MS);
  const film: string[] = [];
  const errors: string[] = [];
  const timers = new WallTimers((name, error) => errors.push(`${name}: ${String(error)}`), machine);
  const atSeconds = (): number => (machine.clock.nowMs() - NOON_MS) / SECOND_MS;
  /** Arms a task that tells when it ran, in seconds after noon by the clock. */
  const arm = (atMs: number, name: string): (() => void) =>
    timers.at(atMs, name, () => void film.push(`${name} at ${atSeconds()}`));
  return { machine, film, errors, timers, arm };
}

describe('a timer', () => {
  it('runs once, at its instant', async () => {
    const { machine, film, arm } = givenTimers();
    arm(NOON_MS + 90_500, 'gate');
    await machine.passes(90_499);
    expect(film).toEqual([]);
    await machine.passes(1);
    expect(film).toEqual(['gate at 90.5']);
    await machine.passes(HOUR_MS);
    expect(film).toHaveLength(1);
  });

  it('whose instant is past runs at once, but not within the call', async () => {
    const { machine, film, arm } = givenTimers();
    arm(NOON_MS - HOUR_MS, 'late');
    expect(film).toEqual([]);
    await machine.passes(1);
    expect(film).toEqual(['late at 0.001']);
  });

  it('whose delay ends early is armed again', async () => {
    const { machine, film, arm } = givenTimers();
    machine.delaysEndEarlyBy(2);
    arm(NOON_MS + 500, 'gate');
    await machine.passes(499);
    expect(film).toEqual([]);
    await machine.passes(1);
    expect(film).toEqual(['gate at 0.5']);
  });

  it('further away than setTimeout reaches waits for its day', async () => {
    const { machine, film, arm } = givenTimers();
    const inFortyDaysMs = NOON_MS + 40 * DAY_MS;
    expect(inFortyDaysMs - NOON_MS).toBeGreaterThan(2 ** 31);
    arm(inFortyDaysMs, 'settle');
    await machine.passes(DAY_MS);
    machine.sleeps(39 * DAY_MS - MINUTE_MS);
    await machine.passes(MINUTE_MS - 1);
    expect(film).toEqual([]);
    await machine.passes(1);
    expect(film).toEqual([`settle at ${(40 * DAY_MS) / SECOND_MS}`]);
  });

  it('that never comes may be armed; an instant that is none is refused', async () => {
    const { machine, film, arm } = givenTimers();
    arm(Infinity, 'never');
    await machine.passes(HOUR_MS);
    expect(film).toEqual([]);
    expect(() => arm(NaN, 'gate')).toThrow('Timer gate: NaN is not an instant.');
  });
});

describe('when the clock is set', () => {
  it('back 60 seconds, the gate waits until the clock shows its instant', async () => {
    const { machine, film, arm } = givenTimers();
    arm(NOON_MS + MINUTE_MS, 'gate');
    await machine.passes(30 * SECOND_MS);
    machine.clockIsSetBy(-MINUTE_MS);
    await machine.passes(89_999);
    expect(film).toEqual([]);
    await machine.passes(1);
    expect(film).toEqual(['gate at 60']);
  });

  it('back after the gate, the gate does not come again', async () => {
    const { machine, film, arm } = givenTimers();
    arm(NOON_MS + SECOND_MS, 'gate');
    await machine.passes(2 * SECOND_MS);
    machine.clockIsSetBy(-MINUTE_MS);
    await machine.passes(2 * MINUTE_MS);
    expect(film).toEqual(['gate at 1']);
  });

  it('back an hour, whoever asked for it is told within a second, and of no small step', async () => {
    const { machine, film, arm, timers } = givenTimers();
    arm(NOON_MS + DAY_MS, 'gate');
    const forget = timers.onSetBack(() => film.push('set back'));
    await machine.passes(5 * SECOND_MS);
    machine.clockIsSetBy(-SECOND_MS);
    await machine.passes(5 * SECOND_MS);
    expect(film).toEqual([]);
    machine.clockIsSetBy(-HOUR_MS);
    await machine.passes(SECOND_MS);
    expect(film).toEqual(['set back']);
    forget();
    machine.clockIsSetBy(-HOUR_MS);
    await machine.passes(MINUTE_MS);
    expect(film).toHaveLength(1);
  });

  it('forward 90 minutes, the gate comes within a second', async () => {
    const { machine, film, arm } = givenTimers();
    arm(NOON_MS + HOUR_MS, 'gate');
    await machine.passes(10_300);
    machine.clockIsSetBy(90 * MINUTE_MS);
    await machine.passes(SECOND_MS);
    expect(film).toEqual([`gate at ${11 + 90 * 60}`]);
  });

  it('a suspended machine that wakes up is as late as it slept and a second at most', async () => {
    const { machine, film, arm } = givenTimers();
    arm(NOON_MS + 5 * MINUTE_MS, 'gate');
    arm(NOON_MS + 8 * HOUR_MS, 'evening');
    await machine.passes(MINUTE_MS);
    machine.sleeps(2 * HOUR_MS);
    await machine.passes(SECOND_MS);
    expect(film).toEqual([`gate at ${61 + 2 * 60 * 60}`]);
    await machine.passes(6 * HOUR_MS);
    expect(film[1]).toBe(`evening at ${8 * 60 * 60}`);
  });
});

describe('timers that are due at once', () => {
  it('run by instant, name and call, as the virtual clock runs them', async () => {
    const { machine, film, timers } = givenTimers();
    const tell = (name: string) => (): void => void film.push(name);
    timers.at(NOON_MS + 2 * HOUR_MS, 'a', tell('third'));
    timers.at(NOON_MS + HOUR_MS, 'b', tell('second, called first'));
    timers.at(NOON_MS + HOUR_MS, 'b', tell('second, called last'));
    timers.at(NOON_MS + HOUR_MS, 'a', tell('first'));
    machine.clockIsSetBy(3 * HOUR_MS);
    await machine.passes(SECOND_MS);
    expect(film).toEqual(['first', 'second, called first', 'second, called last', 'third']);
  });

  it('start when the one before has ended, with what it armed in its place', async () => {
    const { machine, film, timers } = givenTimers();
    timers.at(NOON_MS + HOUR_MS, 'opening', async () => {
      film.push('opening begins');
      await new Promise((resolve) => setImmediate(resolve));
      timers.at(NOON_MS + 2 * HOUR_MS, 'closing', () => void film.push('closing'));
      film.push('opening ends');
    });
    timers.at(NOON_MS + 3 * HOUR_MS, 'result', () => void film.push('result'));
    machine.clockIsSetBy(4 * HOUR_MS);
    await machine.passes(SECOND_MS);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(film).toEqual(['opening begins', 'opening ends', 'closing', 'result']);
  });

  it('wait a second for one that does not end, and no longer', async () => {
    const { machine, film, timers, arm } = givenTimers();
    timers.at(NOON_MS + 10, 'hangs', () => new Promise<void>(() => {}));
    arm(NOON_MS + 10, 'waits');
    arm(NOON_MS + 3 * SECOND_MS, 'later');
    await machine.passes(1_009);
    expect(film).toEqual([]);
    await machine.passes(3 * SECOND_MS);
    expect(film).toEqual(['waits at 1.01', 'later at 3']);
  });

  it('go on when one fails', async () => {
    const { machine, film, errors, timers, arm } = givenTimers();
    timers.at(NOON_MS + 10, 'bad', () => {
      throw new Error('no grid');
    });
    timers.at(NOON_MS + 10, 'worse', () => Promise.reject(new Error('no market')));
    arm(NOON_MS + 10, 'x-good');
    await machine.passes(10);
    expect(errors).toEqual(['bad: Error: no grid', 'worse: Error: no market']);
    expect(film).toEqual(['x-good at 0.01']);
  });
});

describe('cancelling', () => {
  it('takes a timer out, also one that is due, from within a task', async () => {
    const { machine, film, timers, arm } = givenTimers();
    const cancels: (() => void)[] = [];
    timers.at(NOON_MS + 10, 'a-first', () => cancels.forEach((cancel) => cancel()));
    cancels.push(arm(NOON_MS + 10, 'due as well'), arm(NOON_MS + SECOND_MS, 'later'));
    arm(NOON_MS + 2 * SECOND_MS, 'stays');
    await machine.passes(3 * SECOND_MS);
    expect(film).toEqual(['stays at 2']);
    cancels.forEach((cancel) => cancel());
  });

  it('leaves no delay open when nothing waits any more', () => {
    const { machine, arm } = givenTimers();
    const cancels = [arm(NOON_MS + 10, 'one'), arm(NOON_MS + HOUR_MS, 'two')];
    expect(machine.openDelays()).toBe(1);
    for (const cancel of cancels) cancel();
    expect(machine.openDelays()).toBe(0);
  });
});

describe('close', () => {
  it('leaves no delay open, and what a task arms afterwards is not armed', async () => {
    const { machine, film, timers, arm } = givenTimers();
    let end: () => void = () => {};
    timers.at(NOON_MS + 10, 'under way', async () => {
      await new Promise<void>((resolve) => (end = resolve));
      arm(NOON_MS + HOUR_MS, 'next');
    });
    arm(NOON_MS + 10, 'z-waits behind it');
    await machine.passes(10);
    timers.close();
    timers.close();
    end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(machine.openDelays()).toBe(0);
    await machine.passes(2 * HOUR_MS);
    expect(film).toEqual([]);
  });

  it('is not needed for the process to end', () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const timers = new WallTimers(() => {});
    timers.at(Date.now() + HOUR_MS, 'gate', () => {});
    const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    expect(after).toBe(before);
    timers.close();
  });
});
