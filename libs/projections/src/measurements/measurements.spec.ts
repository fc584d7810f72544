/** Measured quarter-hours -> columns by PoD and day; rejected packets -> a list. */
import type { MeterEvent } from '@flexledger/domain';
import fc from 'fast-check';
import { documentsAfter, idAt, inStream, timeAt } from '../testing/recorded-log';
import { measurementsView } from './measurements-view';
import { quarterHours } from './queries';
import { rejectedPacketsView } from './rejected-packets-view';

const podId = 'IT002E60776854';
const measured = (mtuStart: string, withdrawnWh: number): MeterEvent => ({
  type: 'MeasurementRecorded',
  data: {
    podId,
    sequence: 0,
    inputData: {
      podId,
      sequence: 0,
      mtuStart,
      withdrawnWh,
      injectedWh: withdrawnWh + 1,
      reactiveVarh: -withdrawnWh,
      withdrawnTotalWh: 0,
      injectedTotalWh: 0,
    },
    hash: '',
    signedHash: '',
  },
});
const log = (events: readonly MeterEvent[]) => inStream(`meter-${podId}-2026-03`, events);
const daysAfter = (...events: readonly MeterEvent[]) =>
  documentsAfter(measurementsView, log(events));

describe('measurements', () => {
  it('stand in columns by UTC day', () => {
    expect(
      daysAfter(
        measured('2026-03-17T23:45:00.000Z', 100),
        measured('2026-03-18T00:00:00.000Z', 200),
        measured('2026-03-18T00:15:00Z', 300),
      ),
    ).toEqual([
      {
        podId,
        day: '2026-03-17',
        quarterHour: [95],
        withdrawnWh: [100],
        injectedWh: [101],
        reactiveVarh: [-100],
      },
      {
        podId,
        day: '2026-03-18',
        quarterHour: [0, 1],
        withdrawnWh: [200, 300],
        injectedWh: [201, 301],
        reactiveVarh: [-200, -300],
      },
    ]);
  });

  it('have the quadrants of a quarter-hour that has data set Chain2Full', () => {
    const chain2Full = {
      meanPowerW: -4,
      inductiveWithdrawnVarh: 1,
      capacitiveInjectedVarh: 2,
      inductiveInjectedVarh: 3,
      capacitiveWithdrawnVarh: 4,
    };
    const full = measured('2026-03-18T00:15:00.000Z', 200);
    const data = full.data as Extract<MeterEvent, { type: 'MeasurementRecorded' }>['data'];
    const [day] = daysAfter(measured('2026-03-18T00:30:00.000Z', 100), {
      ...full,
      data: { ...data, inputData: { ...data.inputData, chain2Full } },
    } as MeterEvent);
    expect(day!.chain2Full).toEqual([chain2Full, null]);
    expect(quarterHours(day!).map((each) => each.chain2Full)).toEqual([chain2Full, undefined]);
  });

  it('are in the order of time in whatever order they came', () => {
    const start = (quarterHour: number): string =>
      new Date(Date.UTC(2026, 2, 17, 0, 15 * quarterHour)).toISOString();
    const anyOrder = fc.uniqueArray(fc.integer({ min: 0, max: 95 }), { minLength: 1 });
    fc.assert(
      fc.property(anyOrder, (quarters) => {
        const [day] = daysAfter(...quarters.map((quarter) => measured(start(quarter), quarter)));
        const sorted = [...quarters].sort((a, b) => a - b);
        expect(day?.quarterHour).toEqual(sorted);
        expect(quarterHours(day!)).toEqual(
          sorted.map((quarter) => ({
            mtuStartMs: Date.parse(start(quarter)),
            withdrawnWh: quarter,
            injectedWh: quarter + 1,
            reactiveVarh: -quarter,
          })),
        );
      }),
    );
  });

  it('count by UTC also where the log says it with an offset', () => {
    expect(daysAfter(measured('2026-03-18T00:30:00+01:00', 7))).toMatchObject([
      { day: '2026-03-17', quarterHour: [94], withdrawnWh: [7] },
    ]);
  });

  it('are one a quarter-hour, the last one recorded', () => {
    const at = '2026-03-17T10:00:00.000Z';
    expect(daysAfter(measured(at, 1), measured(at, 2))).toMatchObject([
      { quarterHour: [40], withdrawnWh: [2] },
    ]);
  });

  it.each(['2026-03-17T10:07:00.000Z', '2026-03-17T24:00:00Z', 'yesterday'])(
    'fail on %s, which starts no quarter-hour',
    (mtuStart) => {
      expect(() => daysAfter(measured(mtuStart, 1))).toThrow(RangeError);
    },
  );
});

it('rejected packets are listed one by one, with the reason', () => {
  const rejected: MeterEvent = {
    type: 'PacketRejected',
    data: { podId, reason: 'wrong-signature', detail: 'not by the key', packet: '{"podId":' },
  };
  const evidence = { podId, reason: 'wrong-signature', detail: 'not by the key' };
  expect(documentsAfter(rejectedPacketsView, log([rejected, rejected]))).toEqual(
    [0, 1].map((position) => ({
      ...evidence,
      packet: '{"podId":',
      rejectedAt: timeAt(position),
      eventId: idAt(position),
      position,
    })),
  );
});
