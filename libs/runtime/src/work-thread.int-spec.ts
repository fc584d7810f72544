/** Work in a thread: the process goes on meanwhile, whatever the work does. */
import type { Trial } from './testing/trying-thread';
import { type WorkThread, WorkTooMuch, createWorkThread } from './work-thread';

let thread: WorkThread<readonly [Trial, number], number>;
beforeEach(() => {
  thread = createWorkThread({
    name: 'trial',
    file: require.resolve('./testing/trying-thread'),
    mostSeconds: 1,
    mostHeapMb: 30,
  });
});

it('answers each job in turn', async () => {
  const answers = [1, 2, 3].map((value) => thread.run(['double', value]));
  expect(await Promise.all(answers)).toEqual([2, 4, 6]);
});

it('ends work that takes too long, while the process goes on, and does the next', async () => {
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 10);
  const hanging = thread.run(['hang', 0]);
  const next = thread.run(['double', 2]);
  await expect(hanging).rejects.toThrow(new WorkTooMuch('The trial takes longer than 1 s'));
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(20);
  expect(await next).toBe(4);
});

it('ends work that takes too much memory, and does the next', async () => {
  const patient = createWorkThread<readonly [Trial, number], number>({
    name: 'trial',
    file: require.resolve('./testing/trying-thread'),
    mostSeconds: 60,
    mostHeapMb: 30,
  });
  await expect(patient.run(['fill', 0])).rejects.toThrow(
    new WorkTooMuch('The trial takes more memory than 30 MiB'),
  );
  expect(await patient.run(['double', 2])).toBe(4);
});

it('says why work failed, and goes on after a thread that ended', async () => {
  await expect(thread.run(['fail', 7])).rejects.toThrow('no 7');
  await expect(thread.run(['exit', 0])).rejects.toThrow('The trial ended with code 3');
  expect(await thread.run(['double', 5])).toBe(10);
});

it('hands over no job that cannot be copied, and does the next', async () => {
  const jobs = createWorkThread<readonly unknown[], number>({
    name: 'trial',
    file: require.resolve('./testing/trying-thread'),
    mostSeconds: 1,
    mostHeapMb: 30,
  });
  await expect(jobs.run(['double', () => 1])).rejects.toThrow('could not be cloned');
  expect(await jobs.run(['double', 2])).toBe(4);
  // Nothing is left of it that ends the thread of others when its time is over.
  const sinceMs = performance.now();
  while (performance.now() - sinceMs < 1_300) expect(await jobs.run(['double', 1])).toBe(2);
});
