/** Whose view is whose: every read model has an owner, and a set names each of its views once. */
import {
  allViews,
  certifierViews,
  gridViews,
  kpiViews,
  marketViews,
  packetViews,
  portfolioViews,
  registerViews,
} from './views';

const owners = {
  registerViews,
  packetViews,
  marketViews,
  portfolioViews,
  gridViews,
  certifierViews,
};

it.each(Object.entries({ ...owners, kpiViews, allViews }))(
  '%s names each view once',
  (_, views) => {
    const names = views.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  },
);

it('every view has an owner', () => {
  const owned = new Set(Object.values(owners).flat());
  expect(allViews.filter((view) => !owned.has(view))).toEqual([]);
  expect([...owned].filter((view) => !allViews.includes(view))).toEqual([]);
});
