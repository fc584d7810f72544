/** What the log had said of meters, as settlements ask for it. */
import { loadRulePack } from '@flexledger/service-kit';
import { createReplay } from './replay';
import { smallLog } from './testing/node-tools';
import { type SmallEvent, eventIn } from './testing/small-log';

const podId = 'IT002E00000001';
const DAY = '2026-03-17';
const { rulePack } = loadRulePack('platone');

function meteringAfter(...events: readonly SmallEvent[]) {
  const replay = createReplay();
  for (const row of smallLog(events)) replay.take(eventIn(row));
  return replay.metering(rulePack);
}
const declared = (watts: number, occurredAt: string): SmallEvent => ({
  ...{ streamId: `pod-${podId}`, type: 'BaselineDeclared', occurredAt },
  data: { podId, deliveryDay: DAY, baselineW: [watts], origin: 'byHand' },
});

it('the baseline is the one that stood at an instant, such as the closing of a gate', async () => {
  const metering = meteringAfter(
    declared(100, '2026-03-16T10:00:00.000Z'),
    declared(900, '2026-03-16T15:00:00.000Z'),
  );
  const at = async (time?: string) => {
    const until = time === undefined ? [] : [Date.parse(`2026-03-16T${time}:00Z`)];
    return (await metering.baselinesOf([podId], DAY, ...until)).get(podId);
  };
  expect([await at('09:00'), await at('14:30'), await at('15:00'), await at()]).toEqual([
    undefined,
    [100],
    [900],
    [900],
  ]);
});

it('reactive power is metered beside active power', async () => {
  const mtuStart = '2026-03-17T00:15:00.000Z';
  const inputData = { podId, mtuStart, withdrawnWh: 500, injectedWh: 100, reactiveVarh: -50 };
  const data = { podId, inputData };
  const metering = meteringAfter({ streamId: 'meter', type: 'MeasurementRecorded', data });
  const from = Date.parse('2026-03-17T00:00:00Z');
  expect((await metering.measuredW([podId], from, 3)).get(podId)).toEqual([null, 1_600, null]);
  expect((await metering.measuredVar!([podId], from, 3)).get(podId)).toEqual([null, -200, null]);
});
