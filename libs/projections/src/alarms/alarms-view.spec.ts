/** An alarm raised, acknowledged, ended -> one document. */
import { type AlarmEvent, alarmStream } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { alarmsView } from './alarms-view';

const of = { aggregatorId: 'AGG1', alarmId: 'nodeSilent-IT002E60776854' };
const facts = { kind: 'nodeSilent', podId: 'IT002E60776854', since: timeAt(0) } as const;
const raised: AlarmEvent = { type: 'AlarmRaised', data: { ...of, facts } };
const seen: AlarmEvent = {
  type: 'AlarmAcknowledged',
  data: { ...of, action: 'called', reason: null },
};
const ended: AlarmEvent = { type: 'AlarmEnded', data: of };
const after = (...events: readonly AlarmEvent[]) =>
  documentsAfter(alarmsView, inStream(alarmStream(of.aggregatorId, of.alarmId), events));

it('is open, acknowledged and ended, each with its time', () => {
  const open = { ...of, kind: 'nodeSilent', podId: facts.podId, facts, status: 'open' };
  expect(after(raised)).toMatchObject([{ ...open, raisedAt: timeAt(0), acknowledgedAt: null }]);
  expect(after(raised, seen)).toMatchObject([
    { status: 'acknowledged', acknowledgedAt: timeAt(1), action: 'called', endedAt: null },
  ]);
  expect(after(raised, seen, ended)).toMatchObject([
    { status: 'ended', acknowledgedAt: timeAt(1), endedAt: timeAt(2) },
  ]);
});

it('stays ended where it is acknowledged late, and begins anew when it is raised again', () => {
  expect(after(raised, ended, seen)).toMatchObject([{ status: 'ended', action: 'called' }]);
  expect(after(raised, seen, ended, raised)).toMatchObject([
    { status: 'open', raisedAt: timeAt(3), action: null, endedAt: null },
  ]);
});

it('that was never raised leaves no document', () => {
  expect(after(seen, ended)).toEqual([]);
});
