/** Readings of several devices in one file: the last of each, and none of any beyond the time that they are kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isoFromMs } from '@flexledger/runtime';
import { type PhasorSeries, openPhasorSeries } from './phasor-series';

const KEPT_MS = 600_000;
const BEGIN_MS = Date.parse('2026-03-16T00:00:00Z');
const SECONDS = 2 * 3_600;
const phase = { voltageV: 230, voltageDegree: 0, currentA: 10, currentDegree: 0 };

let folder: string;
let series: PhasorSeries;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'phasors-'));
  series = openPhasorSeries(path.join(folder, 'phasors.sqlite'), KEPT_MS);
});
afterEach(() => {
  series.close();
  rmSync(folder, { recursive: true });
});

const add = (device: string, second: number): boolean =>
  series.add({
    ...{ device, at: isoFromMs(BEGIN_MS + second * 1_000), frequencyHz: 50 },
    phases: { L1: phase, L2: phase, L3: phase },
  });

it('the readings of each device are forgotten, whichever comes first in a second', () => {
  for (let second = 0; second < SECONDS; second += 1) {
    for (const device of ['pmu-1', 'pmu-2', 'pmu-3']) add(device, second);
  }
  for (const device of ['pmu-1', 'pmu-2', 'pmu-3']) {
    const all = series.between(device, {
      ...{ fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, limit: SECONDS },
    });
    // It is looked for what is too old once in 3,600 readings, of three devices in 1,200 s.
    expect(all.length).toBeLessThanOrEqual(KEPT_MS / 1_000 + 1_201);
    expect(all.at(-1)!.at).toBe(isoFromMs(BEGIN_MS + (SECONDS - 1) * 1_000));
  }
});

it('the last of each device is shown, by device', () => {
  for (const [device, second] of [
    ['b', 1],
    ['a', 5],
    ['b', 3],
    ['a', 4],
  ] as const) {
    // prettier-ignore
    add(device, second);
  }
  expect(series.latest().map(({ device, at }) => [device, at])).toEqual([
    ['a', isoFromMs(BEGIN_MS + 5_000)],
    ['b', isoFromMs(BEGIN_MS + 3_000)],
  ]);
});
