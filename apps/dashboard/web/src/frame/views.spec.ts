import { forgetView, readViews, saveView } from './views';

function storage(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}
const march = { name: 'March', address: '/sessions?from=2026-03-01' };

it('keeps views by user, replaces one of the same name, and forgets', () => {
  const kept = storage();
  saveView(kept, 'a', march);
  saveView(kept, 'a', { name: 'Line 17', address: '/grid?element=line17' });
  saveView(kept, 'a', { ...march, address: '/sessions?from=2026-03-08' });
  expect(readViews(kept, 'a').map(({ address }) => address)).toEqual([
    '/grid?element=line17',
    '/sessions?from=2026-03-08',
  ]);
  expect(readViews(kept, 'b')).toEqual([]);
  expect(forgetView(kept, 'a', 'March').map(({ name }) => name)).toEqual(['Line 17']);
});

it('takes nothing for a view that is none, nor an address of elsewhere', () => {
  const kept = storage();
  kept.setItem(
    'flexledger/views/a',
    JSON.stringify([march, null, { name: 'x', address: '//evil' }]),
  );
  expect(readViews(kept, 'a')).toEqual([march]);
  kept.setItem('flexledger/views/a', '{');
  expect(readViews(kept, 'a')).toEqual([]);
});
