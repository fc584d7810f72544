import type { NetworkTariff } from './events';
import { orderedTariffs } from './tariffs';

const tariff = (from: number, until: number, more: Partial<NetworkTariff> = {}): NetworkTariff => ({
  tariffId: 'withdrawal',
  zone: null,
  from: `2026-03-17T${from}:00:00.000Z`,
  until: `2026-03-17T${until}:00:00.000Z`,
  priceMicroEurPerKwh: 42_000,
  ...more,
});

describe('network tariffs', () => {
  it('stand by name, zone and time; where one ends the next may begin', () => {
    const tariffs = [
      tariff(12, 14),
      tariff(10, 12),
      tariff(10, 14, { zone: 'n1' }),
      tariff(10, 14, { tariffId: 'feed-in' }),
    ];
    expect(orderedTariffs(tariffs)).toEqual([tariffs[3], tariffs[1], tariffs[0], tariffs[2]]);
  });

  it.each<[string, readonly NetworkTariff[], string]>([
    [
      'that overlap',
      [tariff(10, 12), tariff(11, 13)],
      'Tariff withdrawal from 2026-03-17T11:00:00.000Z overlaps the one from 2026-03-17T10:00:00.000Z until 2026-03-17T12:00:00.000Z',
    ],
    ['that say the same twice', [tariff(10, 12), tariff(10, 12)], 'overlaps'],
    [
      'that overlap a long one before the last',
      [tariff(10, 20), tariff(11, 12), tariff(15, 16)],
      'overlaps the one from 2026-03-17T10:00:00.000Z until 2026-03-17T20:00:00.000Z',
    ],
    [
      'that end before they begin',
      [tariff(12, 11, { zone: 'n1' })],
      'Tariff withdrawal in n1 from 2026-03-17T12:00:00.000Z ends at 2026-03-17T11:00:00.000Z',
    ],
  ])('are refused by name: %s', (_, tariffs, reason) => {
    expect(() => orderedTariffs(tariffs)).toThrow(reason);
    expect(() => orderedTariffs(tariffs)).toThrow(
      expect.objectContaining({ code: 'tariffs-malformed' }),
    );
  });

  it('name all that is wrong', () => {
    const wrong = [tariff(10, 20), tariff(11, 12), tariff(15, 16)];
    expect(() => orderedTariffs(wrong)).toThrow(
      expect.objectContaining({ violations: [expect.anything(), expect.anything()] }),
    );
  });
});
