/** What is tried again, for how long, and what is told: on a clock that moves when told. */
import { DomainError } from '@flexledger/domain';
import { VirtualClock } from '@flexledger/runtime';
import { type PersistentTask, createPersistentTasks } from './persistent-tasks';

const START_MS = Date.parse('2026-03-17T10:00:00Z');

function open(retryPausesMs: readonly number[] = [1_000, 5_000]) {
  const clock = new VirtualClock(START_MS);
  const problems: string[] = [];
  /** Instants of the attempts, ms after the start. */
  const attempts: number[] = [];
  const tasks = createPersistentTasks({
    clock,
    timers: clock,
    retryPausesMs,
    onProblem: (problem) => problems.push(problem),
  });
  const arm = (outcomes: readonly (Error | undefined)[], change: Partial<PersistentTask> = {}) => {
    const left = [...outcomes];
    tasks.arm({
      name: 'AGG1/bid/s1',
      atMs: START_MS + 60_000,
      untilMs: START_MS + 120_000,
      run: async () => {
        attempts.push(clock.nowMs() - START_MS);
        const outcome = left.shift();
        if (outcome) throw outcome;
      },
      ...change,
    });
  };
  const after = (ms: number) => clock.advanceTo(START_MS + ms);
  return { tasks, arm, after, attempts, problems };
}

const down = new Error('the market is down');

it('is done once, at its instant, when nothing stands in the way', async () => {
  const { arm, after, attempts, problems } = open();
  arm([]);
  await after(59_999);
  expect(attempts).toEqual([]);
  await after(600_000);
  expect(attempts).toEqual([60_000]);
  expect(problems).toEqual([]);
});

it('is tried again with growing pauses, the last one repeated; the first failure is told', async () => {
  const { arm, after, attempts, problems } = open();
  arm([down, down, down, undefined]);
  await after(600_000);
  expect(attempts).toEqual([60_000, 61_000, 66_000, 71_000]);
  expect(problems).toEqual([
    'AGG1/bid/s1 is tried again until 2026-03-17T10:02:00.000Z: the market is down',
  ]);
});

it('is given up when the next attempt would come too late, and that is told', async () => {
  const { arm, after, attempts, problems } = open([50_000]);
  arm([down, down, down]);
  await after(600_000);
  expect(attempts).toEqual([60_000, 110_000]);
  expect(problems[1]).toBe('AGG1/bid/s1 is given up after attempt 2: the market is down');
});

it('is not tried again after a refusal', async () => {
  const { arm, after, attempts, problems } = open();
  arm([new DomainError('gate-closed', 'The gate is closed.')]);
  await after(600_000);
  expect(attempts).toHaveLength(1);
  expect(problems).toEqual(['AGG1/bid/s1 is given up after attempt 1: The gate is closed.']);
});

it('is tried again after a refusal that may pass, of which nobody is told', async () => {
  const { arm, after, attempts, problems } = open();
  const early = new DomainError('gate-closed', 'The gate is not open yet.');
  arm([early, new DomainError('bid-refused', 'No row stands.')], {
    passingRefusals: ['gate-closed'],
  });
  await after(600_000);
  expect(attempts).toEqual([60_000, 61_000]);
  expect(problems).toEqual(['AGG1/bid/s1 is given up after attempt 2: No row stands.']);
});

it('is not armed twice under one name, while it waits for another attempt neither', async () => {
  const { arm, after, attempts } = open();
  arm([down]);
  arm([]);
  await after(60_500);
  arm([]);
  await after(600_000);
  expect(attempts).toEqual([60_000, 61_000]);
});

it('is left when it is pointless already', async () => {
  const { arm, after, attempts, problems } = open();
  await after(120_000);
  arm([]);
  await after(600_000);
  expect(attempts).toEqual([]);
  expect(problems).toEqual([]);
});

it('is told when its timer comes too late, as on a machine that slept', async () => {
  const { arm, after, attempts, problems } = open();
  arm([], { untilMs: START_MS + 60_000 });
  await after(600_000);
  expect(attempts).toEqual([]);
  expect(problems).toEqual([
    'AGG1/bid/s1 was due too late: it had to be done before 2026-03-17T10:01:00.000Z.',
  ]);
});

it('closes when what runs has settled, and does nothing afterwards', async () => {
  const { tasks, arm, after, attempts, problems } = open();
  let finish = (): void => {};
  const running = new Promise<void>((resolve) => (finish = resolve));
  arm([], { name: 'slow', run: () => running.then(() => Promise.reject(down)) });
  arm([], { name: 'later', atMs: START_MS + 90_000 });
  const passing = after(60_000);
  let isClosed = false;
  const closing = tasks.close().then(() => (isClosed = true));
  await Promise.resolve();
  expect(isClosed).toBe(false);
  finish();
  await Promise.all([passing, closing]);
  arm([], { name: 'new' });
  await after(600_000);
  expect(attempts).toEqual([]);
  expect(problems).toEqual([]);
});

it('refuses to work without a pause', () => {
  expect(() => open([])).toThrow(/retryPausesMs is empty/);
});
