/** A set of read models names each once, and the set of all holds those of the indicators. */
import { allViews, kpiViews } from './views';

it.each(Object.entries({ kpiViews, allViews }))('%s names each view once', (_, views) => {
  const names = views.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

it('every view of the indicators is one of all', () => {
  expect(kpiViews.filter((view) => !allViews.includes(view))).toEqual([]);
});
