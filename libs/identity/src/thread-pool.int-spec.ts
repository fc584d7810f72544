import { type ThreadPool, createThreadPool } from './thread-pool';

// Goal: a thread that dies takes its own batch with it and nothing else, now or later.

describe.each([1, 2])('a pool of %i threads', (workers) => {
  let pool: ThreadPool<string, string>;
  beforeEach(() => {
    pool = createThreadPool({
      name: 'test pool',
      workers,
      program: `() => (job) => {
        if (job === 'exit') process.exit(3);
        if (job === 'throw') setImmediate(() => { throw new Error('out of memory'); });
        return job + '!';
      }`,
    });
  });
  afterEach(() => pool.close());

  const served = async (): Promise<void> => {
    // More than two batches, so that every thread takes one.
    const jobs = Array.from({ length: 100 }, (_, index) => `job ${index}`);
    expect(await Promise.all(jobs.map((job) => pool.run(job)))).toEqual(
      jobs.map((job) => `${job}!`),
    );
  };

  it('goes on when a thread has ended', async () => {
    await served();
    await expect(pool.run('exit')).rejects.toThrow('A thread of the test pool ended with code 3');
    await served();
    await expect(pool.run('exit')).rejects.toThrow('ended with code 3');
    await served();
  });

  it('goes on when a thread has failed between two jobs', async () => {
    expect(await pool.run('throw')).toBe('throw!');
    // What comes before the failure is known is rejected with it; after that a new thread takes over. Jobs are
    // dealt out in turn: as many as there are threads, that the thread which fails gets one.
    for (let thread = 0; thread < workers; thread += 1) {
      await pool.run('exit').catch(() => undefined);
    }
    await served();
  });
});
