/** What customers did themselves -> the hours in which they used the app. */
import type { RecordedEvent } from '@flexledger/domain';
import { foldView, recordedLog } from '../testing/recorded-log';
import { appActivityView, usedAppBetween } from './app-activity-view';

const podId = 'IT002E00000001';
const switched = { streamId: `pod-${podId}`, type: 'AvailabilityChanged', data: { podId } };
const log = (...said: readonly [actor: string, occurredAt: string][]): RecordedEvent[] =>
  recordedLog(said.map(() => switched)).map((event, index) => {
    const [actor, occurredAt] = said[index]!;
    return { ...event, actor, occurredAt };
  });

it('are those of the customer, each once', () => {
  const docs = foldView(
    appActivityView,
    log(
      [`customer:${podId}`, '2026-03-17T10:05:00.000Z'],
      [`customer:${podId}`, '2026-03-17T10:59:00.000Z'],
      ['aggregator:AGG1', '2026-03-17T11:00:00.000Z'],
      ['customer:IT002E00000002', '2026-03-17T12:00:00.000Z'],
      [`customer:${podId}`, '2026-03-18T09:00:00.000Z'],
    ),
  );
  expect([...docs.values()]).toEqual([{ podId, hours: ['2026-03-17T10', '2026-03-18T09'] }]);
});

it('tell whether it was used on a day', () => {
  const doc = { podId, hours: ['2026-03-17T22', '2026-03-18T23'] };
  const on = (from: string, until: string): boolean => usedAppBetween(doc, from, until);
  expect(on('2026-03-16T23:00:00.000Z', '2026-03-17T23:00:00.000Z')).toBe(true);
  expect(on('2026-03-17T23:00:00.000Z', '2026-03-18T23:00:00.000Z')).toBe(false);
  expect(usedAppBetween(undefined, '2026', '2027')).toBe(false);
});
