import {
  basisPoints,
  centsPerKwh,
  count,
  countdown,
  dayAfter,
  dayName,
  duration,
  euro,
  exactEuro,
  kW,
  kWh,
  percent,
  plural,
  zoneOf,
} from './words';

it('says figures with their unit once, a true minus and as many decimals as count', () => {
  expect([count(1_204_331), kWh(143_045), kW(-7_920)]).toEqual(['1,204,331', '143.0', '−7.920']);
  expect([euro(-12_759_305), exactEuro(12_759_305)]).toEqual(['EUR −12.76', 'EUR 12.759305']);
  expect([centsPerKwh(129_950), basisPoints(11_342)]).toEqual(['13.00', '113.4 %']);
  expect([percent(97, 100), percent(0, 0)]).toEqual(['97 %', '–']);
  expect([plural(1, 'request'), plural(2, 'PoD')]).toEqual(['1 request', '2 PoDs']);
});

it('says how long', () => {
  expect([40_000, 90_000, 3 * 3_600_000 + 300_000, 3 * 86_400_000].map(duration)).toEqual([
    '40 s',
    '1 min',
    '3 h 05 min',
    '3 days',
  ]);
  expect([2_470_000, 86_400_000, -5].map(countdown)).toEqual([
    '00:41:10',
    '1 d 00:00:00',
    '00:00:00',
  ]);
});

it('says times in the zone of the market, over the change of the clocks', () => {
  const rome = zoneOf('Europe/Rome');
  const summer = Date.parse('2026-07-01T22:30:00Z');
  expect([rome.time(summer), rome.civilDay(summer)]).toEqual(['00:30', '2026-07-02']);
  expect(rome.name(summer)).toBe('Rome, CEST');
  expect(rome.name(Date.parse('2026-12-01T12:00:00Z'))).toBe('Rome, CET');
  expect(dayName('2026-03-17')).toBe('Tuesday 17 March 2026');
  expect([dayAfter('2026-03-31', 1), dayAfter('2026-03-01', -1)]).toEqual([
    '2026-04-01',
    '2026-02-28',
  ]);
});
