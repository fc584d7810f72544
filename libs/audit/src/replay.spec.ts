/** What the log had said of meters and of a day's sessions, as settlements ask for it. */
import { type OutcomeRow, sessionsDelivering } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { createReplay } from './replay';
import { smallLog } from './testing/node-tools';
import { inSession, rulesAdopted, schedules } from './testing/session-log';
import { type SmallEvent, eventIn } from './testing/small-log';

const podId = 'IT002E00000001';
const DAY = '2026-03-17';
const { rulePack } = loadRulePack('platone');

function meteringAfter(...events: readonly SmallEvent[]) {
  const replay = createReplay();
  for (const row of smallLog(events)) replay.take(eventIn(row));
  return replay.metering(rulePack);
}
const declared = (watts: number, occurredAt: string, reactive = {}): SmallEvent => ({
  streamId: `pod-${podId}`,
  type: 'BaselineDeclared',
  occurredAt,
  data: { podId, deliveryDay: DAY, baselineW: [watts], ...reactive, origin: 'byHand' },
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

it('the baseline of reactive power is that of the declaration that stood, if it had one', async () => {
  const metering = meteringAfter(
    declared(100, '2026-03-16T10:00:00.000Z', { baselineVar: [-7] }),
    declared(900, '2026-03-16T15:00:00.000Z'),
  );
  const at = async (time: string) => {
    const until = Date.parse(`2026-03-16T${time}:00Z`);
    return (await metering.baselinesVarOf!([podId], DAY, until)).get(podId);
  };
  expect([await at('09:00'), await at('14:30'), await at('15:00')]).toEqual([
    undefined,
    [-7],
    undefined,
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

describe('the sessions of a day', () => {
  const [dayAhead, , third] = schedules;
  /** The windows of another calendar: what the pack that runs now would hold. */
  const other = {
    ...rulePack,
    calendar: {
      ...rulePack.calendar,
      realTime: { ...rulePack.calendar.realTime, windowHours: 3 },
    },
  };
  const row: OutcomeRow = {
    aggregatorId: 'AGG1',
    offerId: 'o',
    podId,
    product: 'P',
    direction: 'up',
    requestId: 'r',
    requester: 'DSO',
    firstMtu: 2,
    acceptedW: [100],
    priceMicroEurPerKwh: [1],
  };
  const part = { index: 0, of: 1 };
  const sold = (sessionId: string): SmallEvent[] => [
    inSession('MarketCleared', { sessionId, round: 0, rows: [row], requests: [], part }),
    inSession('OutcomeValidated', { sessionId, round: 0, exceptions: [], part }),
    inSession('ResultPublished', { sessionId, rows: [row], part }),
  ];

  it('are those that the log scheduled, whatever calendar a pack holds', async () => {
    const isOfOther = sessionsDelivering(DAY, other).some(
      ({ sessionId }) => sessionId === third!.sessionId,
    );
    expect(isOfOther).toBe(false);
    const replay = createReplay();
    const log = [
      rulesAdopted,
      inSession('SessionScheduled', third!),
      inSession('SessionScheduled', dayAhead!),
      ...sold(third!.sessionId),
    ];
    for (const stored of smallLog(log)) replay.take(eventIn(stored));
    const session = replay.scheduled(third!.sessionId);
    expect(
      replay.sessionsOfDay(session).map((one) => 'schedule' in one && one.schedule.sessionId),
    ).toEqual([dayAhead!.sessionId, third!.sessionId]);
    expect(replay.dayAheadOf(session)).toMatchObject({ schedule: dayAhead });
    const activated = await replay.metering(other).activatedOn([podId], DAY);
    const startMtu = (Date.parse(third!.deliveryStart) - Date.parse(dayAhead!.deliveryStart)) / 9e5;
    expect(activated.get(podId)!.flatMap((is, mtu) => (is ? [mtu] : []))).toEqual([startMtu + 2]);
  });

  it('without a day-ahead session among them, nothing was sold before', () => {
    const replay = createReplay();
    for (const stored of smallLog([rulesAdopted, inSession('SessionScheduled', third!)])) {
      replay.take(eventIn(stored));
    }
    const session = replay.scheduled(third!.sessionId);
    expect(replay.dayAheadOf(session)).toEqual({ status: 'unknown' });
  });
});
