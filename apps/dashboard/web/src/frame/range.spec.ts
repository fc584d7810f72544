import { dayAfter } from '../parts/words';
import { carriedOf, dayOf, rangeOf } from './range';

const week = (to = '2026-03-20') => ({ from: dayAfter(to, -6), to });

it('other pages are gone to with the days, and with nothing else of the address', () => {
  expect(carriedOf({ from: '2026-03-01', to: '2026-03-17', mtu: '4', day: 'soon' })).toEqual({
    from: '2026-03-01',
    to: '2026-03-17',
  });
});

it('a page of one day shows the one that was chosen, else the last of the range', () => {
  expect(dayOf({ day: '2026-03-17', to: '2026-03-20' })).toBe('2026-03-17');
  expect(dayOf({ from: '2026-03-01', to: '2026-03-20' })).toBe('2026-03-20');
  expect(dayOf({ day: '2026-02-30x' })).toBeUndefined();
});

it('a page of several shows the range, the one day, or what it shows where none is chosen', () => {
  expect(rangeOf({ from: '2026-03-01', to: '2026-03-17' }, week)).toEqual({
    from: '2026-03-01',
    to: '2026-03-17',
  });
  expect(rangeOf({ day: '2026-03-17' }, week)).toEqual({ from: '2026-03-17', to: '2026-03-17' });
  expect(rangeOf({ to: '2026-03-17' }, week)).toEqual({ from: '2026-03-11', to: '2026-03-17' });
  expect(rangeOf({}, week)).toEqual({ from: '2026-03-14', to: '2026-03-20' });
});

it('a beginning after the end asks for the last day alone', () => {
  expect(rangeOf({ from: '2026-04-01', to: '2026-03-17' }, week)).toEqual({
    from: '2026-03-17',
    to: '2026-03-17',
  });
});
