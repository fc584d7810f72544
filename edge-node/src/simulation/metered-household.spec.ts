import { MTU_MS } from '@flexledger/domain';
import { VirtualClock } from '@flexledger/runtime';
import { meteredHousehold } from './metered-household';

const startMs = Date.parse('2026-03-17T07:00:00Z');
const SHOWN = { withdrawnTotalWh: 5_000, injectedTotalWh: 70, reactiveTotalVarh: 9, powerW: 0 };

it('goes on from what its meter showed, in the middle of a quarter-hour too', async () => {
  const clock = new VirtualClock(startMs + MTU_MS / 3);
  const plant = meteredHousehold('A', clock, SHOWN);
  expect(plant.reading()).toMatchObject({ ...SHOWN, powerW: expect.any(Number) });
  await clock.advanceTo(startMs + 5 * MTU_MS);
  const shown = plant.reading();
  expect(shown.withdrawnTotalWh).toBeGreaterThan(SHOWN.withdrawnTotalWh);
  // Another process that takes the meter up is no jump.
  expect(meteredHousehold('A', clock, shown).reading()).toEqual({
    ...shown,
    powerW: plant.reading().powerW,
  });
});
