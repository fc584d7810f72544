/** Steps of flows reach whoever listens, and nobody else. */
import { type FlowMoment, listenToFlows, tellFlow, toldExecution } from './flows';

const SESSION = {
  flow: 'flow3',
  platform: 'MP',
  referenceId: 'dayAhead-2026-03-16T23:00Z',
} as const;

it('tells begin and end of an execution by the monotonic clock, and no end where it failed', async () => {
  const told: FlowMoment[] = [];
  const end = listenToFlows((moment) => told.push(moment));
  await expect(toldExecution('flow3', 'MP', SESSION.referenceId, async () => 7)).resolves.toBe(7);
  const failing = toldExecution('flow3', 'MP', SESSION.referenceId, () =>
    Promise.reject(new Error('no solver')),
  );
  await expect(failing).rejects.toThrow('no solver');
  end();
  tellFlow({ ...SESSION, step: 'message_sent' });
  expect(told).toEqual(
    ['start_execution', 'end_execution', 'start_execution'].map((step) => ({
      ...SESSION,
      step,
      monotonicUs: expect.any(Number),
    })),
  );
  const [begun, ended] = told as [FlowMoment, FlowMoment];
  expect(ended.monotonicUs).toBeGreaterThanOrEqual(begun.monotonicUs);
});
