/** Baselines as they stood at an instant, each declaration whole: a later one without reactive power has none. */
import { meteringSource } from './metering-source';

const POD = 'IT002E60000001';
const source = meteringSource(
  {
    register: {
      baselines: async () => [
        {
          podId: POD,
          declared: [
            { declaredAt: '2026-03-16T10:00:00.000Z', baselineW: [1], baselineVar: [-7] },
            { declaredAt: '2026-03-16T15:00:00.000Z', baselineW: [2] },
          ],
        },
      ],
    },
    measurements: { quarterHours: async () => [] },
    salesOn: async () => [],
  },
  'Europe/Rome',
);

it.each([
  ['09:59', undefined, undefined],
  ['10:00', [1], [-7]],
  ['14:59', [1], [-7]],
  ['15:00', [2], undefined],
])('at %s', async (time, active, reactive) => {
  const at = [[POD], '2026-03-17', Date.parse(`2026-03-16T${time}:00Z`)] as const;
  expect((await source.baselinesOf(...at)).get(POD)).toEqual(active);
  expect((await source.baselinesVarOf!(...at)).get(POD)).toEqual(reactive);
});
