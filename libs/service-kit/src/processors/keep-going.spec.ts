/** What fails is told and done again, until it is done or the signal ends it. */
import { keepGoing } from './keep-going';

it('is done again after each failure, which is told, and ends when it is done', async () => {
  const told: unknown[] = [];
  let runs = 0;
  const task = async (): Promise<void> => {
    runs += 1;
    if (runs < 3) throw new Error(`failure ${runs}`);
  };
  await keepGoing(task, new AbortController().signal, (error) => told.push(error), 0);
  expect(told).toEqual([new Error('failure 1'), new Error('failure 2')]);
});

it('ends with the signal, and does not tell what fails because of it', async () => {
  const stop = new AbortController();
  const told: unknown[] = [];
  const task = async (): Promise<void> => {
    stop.abort();
    throw new Error('the log is closed');
  };
  await keepGoing(task, stop.signal, (error) => told.push(error), 60_000);
  const stopped = new AbortController();
  const going = keepGoing(
    async () => Promise.reject(new Error('locked')),
    stopped.signal,
    () => stopped.abort(),
    60_000,
  );
  await going;
  expect(told).toEqual([]);
});
