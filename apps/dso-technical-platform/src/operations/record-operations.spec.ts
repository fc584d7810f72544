/** What was measured while the log did not answer is recorded when it does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { createLiveOperations } from './live-operations';
import { parseTimed } from './parse-operations';
import { createOperationsRecorder } from './record-operations';

const START_MS = Date.parse('2026-03-17T10:00:00Z');
const MINUTE_MS = 60_000;
const busbar = { id: 'busbar', kind: 'vmPu', bus: 'n0', value: 1.01, sigma: 0.002 };
const said = (more: object = {}) => ({
  at: isoFromMs(START_MS + MINUTE_MS),
  measurements: [{ ...busbar, ...more }],
});

it('is tried again every two minutes, once it is recorded no more', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'operations-'));
  const clock = new VirtualClock(START_MS + MINUTE_MS);
  const store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  let tries = 0;
  const failing = Object.assign(Object.create(store) as EventStore, {
    append: async (...args: Parameters<EventStore['append']>) => {
      tries += 1;
      if (tries === 1) throw new Error('the log does not answer');
      return store.append(...args);
    },
  });
  try {
    const live = createLiveOperations();
    const recorder = createOperationsRecorder({
      ...{ gridId: 'feeder', live, store: failing, clock, timers: clock },
    });
    const values = parseTimed(said());
    live.add(values);
    recorder.noted(values);
    await expect(clock.advanceTo(START_MS + 18 * MINUTE_MS)).rejects.toThrow('does not answer');
    await clock.advanceTo(START_MS + 60 * MINUTE_MS);
    expect(tries).toBe(2);
    const means = await recorder.recorded(isoFromMs(START_MS));
    expect(means.get('busbar')).toMatchObject({ value: 1.01, count: 1 });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

it.each([{ value: 1e300 }, { value: -1e12 }, { sigma: 1e300 }])(
  'what no grid has is refused, for it could not be recorded: %j',
  (wrong) => {
    expect(() => parseTimed(said(wrong))).toThrow('busbar says what no grid has');
  },
);
