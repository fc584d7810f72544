/** Times of flows from the lines that platforms have written of them. */
import type { FlowLogLine } from '@flexledger/service-kit';
import { flowTimes, meanMs } from './flow-times';

type Step = [FlowLogLine['flow'], FlowLogLine['type'], FlowLogLine['platform'], string, number];

const lines = (...steps: Step[]): FlowLogLine[] =>
  steps.map(([flow, type, platform, referenceId, ms]) => ({
    flow,
    type,
    platform,
    referenceId,
    dateTime: new Date(ms).toISOString(),
    monotonicUs: ms * 1e3,
  }));

it('takes executions from begin to end, messages from sending to receipt', () => {
  const { times, unpaired } = flowTimes(
    lines(
      ['flow3', 'start_execution', 'MP', 'one', 10],
      ['flow3', 'end_execution', 'MP', 'one', 35],
      ['flow3', 'message_sent', 'MP', 'one', 40],
      ['flow3', 'message_received', 'DSOTP', 'one', 42.5],
    ),
  );
  expect(unpaired).toBe(0);
  expect(times).toEqual([
    { flow: 'flow3', kind: 'execution', platform: 'MP', durationMs: 25 },
    { flow: 'flow3', kind: 'communication', platform: 'DSOTP', durationMs: 2.5 },
  ]);
});

it('tells sessions apart, and of one the first from the second, in whatever order files are read', () => {
  const { times } = flowTimes(
    lines(
      ['flow7', 'message_received', 'BAL', 'a', 9],
      ['flow7', 'message_received', 'BAL', 'a', 5],
      ['flow7', 'message_received', 'BAL', 'b', 6],
      ['flow7', 'message_sent', 'LN', 'a', 1],
      ['flow7', 'message_sent', 'LN', 'b', 2],
      ['flow7', 'message_sent', 'LN', 'a', 3],
    ),
  );
  expect(times.map(({ durationMs }) => durationMs)).toEqual([4, 4, 6]);
});

it('counts what has no counterpart, and makes no time of it', () => {
  const { times, unpaired } = flowTimes(
    lines(
      ['flow4', 'end_execution', 'DSOTP', 'one', 1],
      ['flow4', 'start_execution', 'DSOTP', 'one', 2],
      ['flow5', 'message_sent', 'MP', 'two', 3],
      ['flow5', 'message_received', 'AP', 'three', 4],
    ),
  );
  expect({ times, unpaired }).toEqual({ times: [], unpaired: 4 });
});

it('means a day over the flows of a table', () => {
  const { times } = flowTimes(
    lines(
      ['flow2a', 'message_sent', 'AP', 'one', 0],
      ['flow2a', 'message_received', 'MP', 'one', 4],
      ['flow2c', 'message_sent', 'DSOTP', 'one', 10],
      ['flow2c', 'message_received', 'MP', 'one', 12],
    ),
  );
  expect(meanMs(times, { flows: ['flow2a', 'flow2b', 'flow2c'], kind: 'communication' })).toBe(3);
  expect(meanMs(times, { flows: ['flow2a'], kind: 'execution' })).toBeUndefined();
});
