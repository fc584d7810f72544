/** Forecasts of grids of any size stand in the log, each once and whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GridForecastEvent, RecordedForecast } from '@flexledger/domain';
import {
  APPEND_LIMIT_BYTES,
  type EventStore,
  type SqliteEventStore,
  contextOf,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { feederFile, operated } from '@flexledger/grid-operations';
import { type ForecastFinding, createForecastRecorder } from './record-forecast';

// Megabytes are hashed and written, on a machine that may be busy.
jest.setTimeout(30_000);

const MTUS = 96;
const session = {
  sessionId: 'dayAhead-2026-03-17T23:00Z',
  deliveryStart: '2026-03-17T23:00:00.000Z',
};
const context = contextOf('forecast', 'session', 'dso');
const row = (seed: number): number[] =>
  Array.from({ length: MTUS }, (_, mtu) => 1_000_000 + 97 * seed + mtu);

/** A grid of so many buses beside the substation's two, and so many customers. */
function finding(buses: number, customers: number, seed = 0): ForecastFinding {
  const chain = Array.from({ length: buses }, (_, parent) => ({ parent, rOhm: 0.01 }));
  const grid = operated(feederFile(chain));
  const rows = grid.compiled.network.buses.map((_, bus) => row(bus + seed));
  return {
    grid,
    session,
    alarms: [],
    requests: [],
    forecast: { mtuCount: MTUS, busW: rows, busVar: rows },
    podIds: Array.from({ length: customers }, (_, index) => `pod${index}`),
    customersW: Array.from({ length: customers }, (_, index) => row(index)),
  };
}

let folder: string;
let store: SqliteEventStore;
const clock = new VirtualClock(Date.parse('2026-03-17T10:05:00Z'));
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-forecast-'));
  store = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function logged(): Promise<GridForecastEvent[]> {
  const events: GridForecastEvent[] = [];
  for await (const event of store.readStream('gridForecast-feeder-2026-03-17T23:00Z')) {
    events.push(event as unknown as GridForecastEvent);
  }
  return events;
}
/** As text: to compare a hundred thousand numbers one by one takes seconds. */
function expectWhole(recorded: RecordedForecast, { forecast }: ForecastFinding): void {
  const { missing, mtuCount, busW, busVar } = recorded;
  expect(missing).toBe(0);
  const found = JSON.stringify({ mtuCount, busW, busVar });
  expect(found === JSON.stringify(forecast)).toBe(true);
}

const typesOf = (events: readonly GridForecastEvent[]): string[] => events.map(({ type }) => type);

it('of a small grid is one event, and one for its customers', async () => {
  const small = finding(3, 2);
  await createForecastRecorder(store, clock).record(small, context);
  const events = await logged();
  expect(typesOf(events)).toEqual(['ForecastComputed', 'CustomersForecast']);
  expect(events[1]!.data).toMatchObject({ podIds: small.podIds, forecastW: small.customersW });
});

it('of a large grid is split, every event far below the limit of an append, and read whole', async () => {
  const large = finding(800, 1_000);
  const recorder = createForecastRecorder(store, clock);
  await recorder.record(large, context);
  const events = await logged();
  expect(new Set(typesOf(events))).toEqual(
    new Set(['ForecastComputed', 'ForecastContinued', 'CustomersForecast']),
  );
  for (const { data } of events) {
    expect(JSON.stringify(data).length).toBeLessThan(APPEND_LIMIT_BYTES / 2);
  }
  // By one that has seen nothing: after a restart.
  const known = (await createForecastRecorder(store, clock).recorded('feeder', session))!;
  expect(known.awaited).toBe(0);
  expectWhole(known.forecast, large);
  const customers = events.flatMap((event) =>
    event.type === 'CustomersForecast' ? event.data.podIds : [],
  );
  expect(customers).toEqual(large.podIds);
});

describe('cut short by a crash', () => {
  /** The log until it dies after so many appends. */
  const dyingAfter = (appends: number): EventStore => {
    let left = appends;
    return new Proxy(store, {
      get(target, name: keyof SqliteEventStore) {
        if (name === 'append') {
          return (...args: Parameters<SqliteEventStore['append']>) =>
            left-- > 0 ? target.append(...args) : Promise.reject(new Error('killed'));
        }
        const member = target[name] as unknown;
        return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
      },
    });
  };
  const large = finding(800, 0);

  it('it is not whole, and goes on where it stopped', async () => {
    await expect(
      createForecastRecorder(dyingAfter(1), clock).record(large, context),
    ).rejects.toThrow('killed');
    const recorder = createForecastRecorder(store, clock);
    expect((await recorder.recorded('feeder', session))!.forecast.missing).toBeGreaterThan(0);
    await recorder.record(large, context);
    expectWhole((await recorder.recorded('feeder', session))!.forecast, large);
    expect(typesOf(await logged()).filter((type) => type === 'ForecastComputed')).toHaveLength(1);
  });

  it('a new one takes its place when measurements have changed it meanwhile', async () => {
    await expect(
      createForecastRecorder(dyingAfter(1), clock).record(large, context),
    ).rejects.toThrow('killed');
    const recorder = createForecastRecorder(store, clock);
    const other = finding(800, 0, 7);
    await recorder.record(other, contextOf('forecast again', 'session', 'dso'));
    expectWhole((await recorder.recorded('feeder', session))!.forecast, other);
  });
});
