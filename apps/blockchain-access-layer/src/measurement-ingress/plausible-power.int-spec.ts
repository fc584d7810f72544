/** What a PoD is believed follows what the register knows of its connection and its plants. */
import type { PodConnection, PodDetails } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import { type TestLog, FIRST_MTU_MS, openTestLog } from '../testing/field';
import { createPlausiblePower } from './plausible-power';

const LARGEST_W = 1_000_000;
const POD = 'IT002E00000001';
const CONNECTION = { withdrawalLimitW: 3_300, feedInLimitW: 6_000 } as const;
const PLANTS = { storageW: 5_000, evChargerW: 7_400, cogenerationW: 0 } as const;

let log: TestLog;
beforeEach(() => (log = openTestLog(new VirtualClock(FIRST_MTU_MS))));
afterEach(() => log.remove());

let count = 0;
async function register(type: 'PodRegistered' | 'PodDetailsChanged', details: Partial<PodDetails>) {
  const id = uuidFrom(`registered ${(count += 1)}`);
  const context = { correlationId: id, causationId: id, actor: 'aggregator:AGG1' };
  const occurredAt = '2026-03-17T00:00:00.000Z';
  const data = { podId: POD, contractedPowerW: 3_000, pvPeakW: 0, ...details };
  const event = { id, type, schemaVersion: 2, occurredAt, ...context, data };
  await log.store.append(`pod-${POD}`, 'any', [event]);
}

it.each<[string, Partial<PodDetails>, number]>([
  ['a household', {}, 6_000],
  ['one with a PV plant', { pvPeakW: 4_500 }, 15_000],
  [
    'one of which the limits and plants are known',
    { pvPeakW: 4_500, connection: { ...CONNECTION, ...PLANTS } as PodConnection },
    2 * (6_000 + 4_500 + 5_000 + 7_400),
  ],
  ['one above all that there is', { contractedPowerW: 900_000 }, LARGEST_W],
])('%s', async (_, details, maxPowerW) => {
  await register('PodRegistered', details);
  const power = createPlausiblePower(log.store, LARGEST_W);
  expect(power.maxPowerWOf(POD)).toBe(LARGEST_W);
  await power.readOn();
  expect(power.maxPowerWOf(POD)).toBe(maxPowerW);
  expect(power.maxPowerWOf('IT002E00000002')).toBe(LARGEST_W);
});

it('is raised with the contract, and not lowered: what was measured before may still come', async () => {
  const power = createPlausiblePower(log.store, LARGEST_W);
  await register('PodRegistered', {});
  await register('PodDetailsChanged', { contractedPowerW: 10_000 });
  await register('PodDetailsChanged', { contractedPowerW: 2_000 });
  await power.readOn();
  expect(power.maxPowerWOf(POD)).toBe(20_000);
});
