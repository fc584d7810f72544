/** All read models together over the real log and the real file: caught up, reopened, rebuilt. */
import { countPods, findPods } from './pod-register/queries';
import { openRecordedDay, type RecordedDay } from './testing/recorded-day';

let day: RecordedDay;

beforeAll(async () => {
  day = await openRecordedDay();
});
afterAll(() => day.close());

it('no view has stopped, and all are at the end of the log', async () => {
  const head = await day.store.head();
  for (const { view, position, halted } of day.views.runner.status()) {
    expect({ view, position, halted }).toEqual({ view, position: head, halted: undefined });
  }
});

it('are as they were left when opened again', async () => {
  const again = day.openAgain();
  expect(await again.runner.catchUp()).toBe(0);
  expect(await countPods(again.documents, {})).toBe(2);
  await again.close();
});

it('a rebuild gives the same', async () => {
  const before = await findPods(day.views.documents, {});
  expect(await day.views.runner.rebuild()).toBe(day.events);
  expect(await findPods(day.views.documents, {})).toEqual(before);
});
