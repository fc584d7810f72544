/**
 * Goal: the platform's own meters and forecasts, and what the operator measures, make one estimate that
 * stands in the log. Method: a low-voltage feeder whose true state a power flow tells; meters at some
 * customers; the real log.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecordedEvent, StateEstimated } from '@flexledger/domain';
import {
  type SqliteEventStore,
  recurringContextOf,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { type SourcedMeasurement, solveSeries } from '@flexledger/grid';
import { VirtualClock } from '@flexledger/runtime';
import { feederFile, forecastOf, loadingOf, operated } from '@flexledger/grid-operations';
import { basis } from '../testing/basis';
import type { ObservedCustomer } from './own-measurements';
import { createStateEstimation } from './state-estimation';

const START_MS = Date.parse('2026-03-17T18:00:00Z');
const chain = [0, 1, 2, 3].map((parent) => ({ parent, rOhm: 0.05 }));
const trueW: Readonly<Record<string, number[]>> = {
  n1: [3_000],
  n2: [-2_000],
  n3: [1_500],
  n4: [6_000],
};

/** One customer at each of n1 to n4; those named have a meter that was read. */
function customersWith(...metered: string[]): ObservedCustomer[] {
  return Object.entries(trueW).map(([busId, [watts]], index) => ({
    busId,
    customerKind: 'household',
    annualEnergyKwh: 3_000,
    pvPeakW: 0,
    metered: metered.includes(busId)
      ? { powerW: watts!, powerVar: Math.round(Math.max(0, watts!) / 3) }
      : undefined,
    podId: `pod${index}`,
  }));
}

let folder: string;
let store: SqliteEventStore;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-state-'));
  const clock = new VirtualClock(START_MS + 3_600_000);
  store = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function estimation(customers: readonly ObservedCustomer[]) {
  const pods = Object.keys(trueW).map((busId, index) => ({
    podId: `pod${index}`,
    busId,
    upW: 0,
    downW: 0,
    upVar: 0,
    downVar: 0,
  }));
  const grid = operated(feederFile(chain), {}, pods);
  const clock = new VirtualClock(START_MS + 3_600_000);
  const estimates = createStateEstimation({
    grid: { gridId: grid.gridId, at: async () => grid },
    basis,
    customers: async () => customers,
    weather: async () => new Map(),

    store,
    clock,
  });
  const { busVmPu } = solveSeries(grid.compiled, loadingOf(grid, forecastOf(grid, 1, trueW)));
  const vmOf = (busId: string): number => busVmPu[grid.busIndex.get(busId)!]!;
  return {
    vmOf,
    estimate: (given: SourcedMeasurement[]) => estimates.estimate(START_MS, given, context),
  };
}
const context = recurringContextOf('estimate', 'grid', 'dso');

async function recorded(): Promise<StateEstimated['data'][]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readStream('gridState-feeder-2026-03-17')) events.push(event);
  return events.map(({ data }) => data as StateEstimated['data']);
}

const voltage = (bus: string, value: number): SourcedMeasurement => ({
  id: `v ${bus}`,
  source: 'scada',
  kind: 'vmPu',
  bus,
  value,
  sigma: 0.001,
});

it('meters at all customers and one voltage tell the state, to what they can tell', async () => {
  const { vmOf, estimate } = estimation(customersWith('n1', 'n2', 'n3', 'n4'));
  const { busIds, vmMicroPu, vmSigmaMicroPu, sources } = await estimate([voltage('mv', 1.02)]);
  // P and Q at four buses; no customer hangs at the busbar n0: nothing is injected there.
  expect(sources).toEqual({ scada: 1, amr: 8, pmu: 0, pseudo: 0 });
  expect(busIds).toEqual(['mv', 'n0', 'n1', 'n2', 'n3', 'n4']);
  busIds.forEach((busId, index) => {
    expect(Math.abs(vmMicroPu[index]! / 1e6 - vmOf(busId))).toBeLessThan(1e-5);
    expect(vmSigmaMicroPu[index]).toBeGreaterThan(500);
    expect(vmSigmaMicroPu[index]).toBeLessThan(1_500);
  });
});

it('where there is no meter a forecast stands in, unsurely, and a voltage there corrects it', async () => {
  const { vmOf, estimate } = estimation(customersWith('n1', 'n2', 'n3'));
  const blind = await estimate([voltage('mv', 1.02)]);
  expect(blind.sources).toEqual({ scada: 1, amr: 6, pmu: 0, pseudo: 2 });
  const seen = await estimate([voltage('mv', 1.02), voltage('n4', vmOf('n4'))]);
  const errorOf = ({ vmMicroPu }: typeof blind): number =>
    Math.abs(vmMicroPu.at(-1)! / 1e6 - vmOf('n4'));
  expect(errorOf(blind)).toBeGreaterThan(0.003);
  expect(errorOf(seen)).toBeLessThan(0.001);
  expect(seen.vmSigmaMicroPu.at(-1)!).toBeLessThan(0.8 * blind.vmSigmaMicroPu.at(-1)!);
});

it('without any measurement there is a state still, from forecasts and the published voltage', async () => {
  const { sources, vmMicroPu } = await estimation(customersWith()).estimate([]);
  expect(sources).toEqual({ scada: 0, amr: 0, pmu: 0, pseudo: 9 });
  expect(vmMicroPu[0]).toBe(1_020_000);
});

it("an injection of the operator's takes the place of the platform's own", async () => {
  const { estimate } = estimation(customersWith('n1', 'n2', 'n3', 'n4'));
  const given: SourcedMeasurement[] = [
    voltage('mv', 1.02),
    {
      id: 'p n4',
      source: 'scada',
      kind: 'pInjectionMw',
      bus: 'n4',
      value: -0.003,
      sigma: 1e-5,
    },
    {
      id: 'q n4',
      source: 'scada',
      kind: 'qInjectionMvar',
      bus: 'n4',
      value: -0.001,
      sigma: 1e-5,
    },
  ];
  const { sources, removed } = await estimate(given);
  expect(sources).toEqual({ scada: 3, amr: 6, pmu: 0, pseudo: 0 });
  expect(removed).toEqual([]);
});

it('a wrong measurement among meters is named', async () => {
  const { vmOf, estimate } = estimation(customersWith('n1', 'n2', 'n3', 'n4'));
  const given = ['mv', 'n0', 'n3', 'n4'].map((bus) => voltage(bus, vmOf(bus)));
  const { removed, chiSquare } = await estimate([...given, voltage('n2', 0.9)]);
  expect(removed.map(({ id }) => id)).toEqual(['v n2']);
  expect(chiSquare.passed).toBe(true);
});

it('an estimate stands in the log once, however often it is asked for', async () => {
  const { estimate } = estimation(customersWith('n1'));
  const [first, again] = [await estimate([]), await estimate([])];
  expect(again).toEqual(first);
  expect(await recorded()).toEqual([first]);
  const other = await estimate([voltage('n4', 1.01)]);
  expect(other.estimateId).not.toBe(first.estimateId);
  expect(await recorded()).toHaveLength(2);
});

it.each<[string, SourcedMeasurement, string, string]>([
  ['a bus that is none', voltage('n9', 1), 'measurements-malformed', 'measurement "v n9"'],
  [
    'what no state comes near',
    {
      id: 'p',
      source: 'scada',
      kind: 'pInjectionMw',
      bus: 'n4',
      value: -10,
      sigma: 1e-6,
    },
    'state-diverged',
    'No state comes near',
  ],
])('refuses %s, and records nothing', async (_, wrong, code, message) => {
  const { estimate } = estimation(customersWith());
  const refused = estimate([voltage('mv', 1.02), wrong]);
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(await recorded()).toEqual([]);
});
