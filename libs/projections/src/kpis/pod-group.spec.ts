/** A PoD and a group -> whether it is one of it. */
import type { PodDocument } from '../pod-register/pod-register-view';
import { type PodGroup, isInGroup } from './pod-group';

const details = { customerKind: 'household', contractedPowerW: 3_000, pvPeakW: 2_000 };
const connection = { voltageLevel: 'LV', evChargerW: 7_400, storageW: 0, cogenerationW: 0 };
const pod = { details: { ...details, connection } } as PodDocument;
const undescribed = { details: null } as PodDocument;

it.each<[PodGroup, boolean]>([
  [{}, true],
  [{ customerKind: 'household', voltageLevel: 'LV' }, true],
  [{ customerKind: 'commercial' }, false],
  [{ voltageLevel: 'MV' }, false],
  [{ plant: 'pv' }, true],
  [{ plant: 'evCharger', customerKind: 'household' }, true],
  [{ plant: 'storage' }, false],
  [{ plant: 'none' }, false],
  [{ fromPowerW: 3_000 }, true],
  [{ fromPowerW: 3_001 }, false],
  [{ belowPowerW: 3_000 }, false],
  [{ fromPowerW: 1_000, belowPowerW: 4_000 }, true],
])('a household of 3 kW at low voltage in %j: %s', (group, isIn) => {
  expect(isInGroup(pod, group)).toBe(isIn);
});

it('a PoD that nobody described is in the group of all only', () => {
  expect(isInGroup(undescribed, {})).toBe(true);
  const some = [{ customerKind: 'household' }, { plant: 'none' }, { fromPowerW: 0 }];
  for (const group of [...some, { belowPowerW: 9 }]) {
    expect(isInGroup(undescribed, group as PodGroup)).toBe(false);
  }
});
