/** A setpoint's way -> one document a window and PoD. */
import { type ActivationEvent, activationStream } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { type ActivationDocument, activationsView } from './activations-view';

const podId = 'IT002E60776854';
const issued = (setpointId: string): ActivationEvent => ({
  type: 'SetpointIssued',
  data: {
    podId,
    windowStart: '2026-03-17T03:00:00.000Z',
    targetW: [500, null],
    targetVar: [null, null],
    aggregatorId: 'AGG1',
    setpointId,
  },
});
const of = { podId, setpointId: 's1' };
const carried = (attempt: number): ActivationEvent => ({
  type: 'SetpointCarried',
  data: { ...of, attempt },
});
const received: ActivationEvent = { type: 'SetpointReceived', data: { ...of, at: 'node-time-1' } };
const applied: ActivationEvent = { type: 'SetpointApplied', data: { ...of, at: 'node-time-2' } };
const failed: ActivationEvent = { type: 'SetpointFailed', data: { ...of, reason: 'no answer' } };

const after = (...events: readonly ActivationEvent[]): ActivationDocument[] =>
  documentsAfter(activationsView, inStream(activationStream('2026-03-17T03:00Z', podId), events));

it('is issued', () => {
  expect(after(issued('s1'))).toEqual([
    {
      podId,
      windowStart: '2026-03-17T03:00:00.000Z',
      aggregatorId: 'AGG1',
      setpointId: 's1',
      targetW: [500, null],
      targetVar: [null, null],
      status: 'issued',
      issuedAt: timeAt(0),
      carriedAt: null,
      attempts: 0,
      receivedAt: null,
      appliedAt: null,
      failedAt: null,
      failure: null,
    },
  ]);
});

it('is carried, received and applied, each with its time', () => {
  expect(after(issued('s1'), carried(1), carried(2), received, applied)).toMatchObject([
    {
      status: 'applied',
      carriedAt: timeAt(2),
      attempts: 2,
      receivedAt: 'node-time-1',
      appliedAt: 'node-time-2',
    },
  ]);
});

it('fails with the reason; an answer that comes later all the same counts', () => {
  const lost = [issued('s1'), carried(1), failed];
  expect(after(...lost)).toMatchObject([
    { status: 'failed', failedAt: timeAt(2), failure: 'no answer' },
  ]);
  expect(after(...lost, applied)).toMatchObject([{ status: 'applied', failure: 'no answer' }]);
});

it('is replaced by another setpoint, to which answers to the first say nothing', () => {
  expect(after(issued('s1'), carried(1), issued('s2'), applied)).toMatchObject([
    { setpointId: 's2', status: 'issued', attempts: 0, carriedAt: null, appliedAt: null },
  ]);
});

it('answers to a setpoint never issued leave no document', () => {
  expect(after(carried(1), received)).toEqual([]);
});
