/** Answers that have not the shape that was agreed on. */
import { listIn, requireNamed, rowsIn } from './answer-checks';
import { httpMeasurements } from './http-measurements';
import { PlatformUnavailable } from './platform-client';

it.each([undefined, null, 'welcome', {}, { items: null }, { items: {} }])(
  'no list is taken from %j',
  (answer) => {
    expect(() => listIn(answer, 'items', '/things')).toThrow(PlatformUnavailable);
    expect(() => rowsIn(answer, 'items', 0, '/things')).toThrow(PlatformUnavailable);
    expect(() => requireNamed(answer, 'id', 'a', '/things')).toThrow(PlatformUnavailable);
  },
);

it('a row for each thing asked for, no more and no less', () => {
  const answer = { items: ['a', 'b'] };
  expect(rowsIn(answer, 'items', 2, '/things')).toEqual(['a', 'b']);
  expect(() => rowsIn(answer, 'items', 3, '/things')).toThrow(
    'its answer has 2 rows in "items" where 3 were asked for',
  );
  expect(() => rowsIn(answer, 'items', 1, '/things')).toThrow(PlatformUnavailable);
});

it('measurements of another number of PoDs are none', async () => {
  const { quarterHours } = httpMeasurements((async () => ({ items: [[]] })) as never);
  expect(await quarterHours(['a'], 0, 1)).toEqual([[]]);
  await expect(quarterHours(['a', 'b'], 0, 1)).rejects.toThrow(PlatformUnavailable);
});
