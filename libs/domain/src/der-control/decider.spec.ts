import { derControlDecider } from './decider';
import type { DerControlEvent, DerSetpoint } from './events';

const run = {
  runId: 'run-1',
  gridId: 'rome',
  from: '2026-03-17T10:00:00.000Z',
  mtuCount: 2,
  estimateId: null,
  tariffsDigest: null,
};
const started: DerControlEvent = { type: 'DerControlStarted', data: run };
const battery: DerSetpoint = {
  resourceId: 'battery',
  powerW: [1_000, -500],
  powerVar: [null, null],
};
const report = (setpoints: readonly DerSetpoint[] = [battery], more: object = {}) => ({
  runId: 'run-1',
  gridId: 'rome',
  setpoints,
  ...more,
});
const after = (...events: readonly DerControlEvent[]) =>
  events.reduce(derControlDecider.evolve, derControlDecider.initialState);
const reported = (given: ReturnType<typeof report>): DerControlEvent => ({
  type: 'DerControlReported',
  data: given,
});

describe('a run of DER control', () => {
  it('is started once', () => {
    const start = { kind: 'start', run } as const;
    expect(derControlDecider.decide(start, null)).toEqual([started]);
    expect(derControlDecider.decide(start, after(started))).toEqual([]);
  });

  it('is answered once; the same answer again adds nothing', () => {
    const answer = { kind: 'report', report: report() } as const;
    expect(derControlDecider.decide(answer, after(started))).toEqual([reported(report())]);
    const { powerVar, powerW, resourceId } = battery;
    for (const said of [battery, { powerVar, powerW, resourceId }]) {
      const state = after(started, reported(report([said])));
      expect(derControlDecider.decide(answer, state)).toEqual([]);
    }
  });

  it.each([
    ['that was not started', after(), report(), 'There is no run run-1'],
    ['of another grid', after(started), report([battery], { gridId: 'milan' }), 'no run run-1'],
    [
      'that is answered',
      after(started, reported(report([]))),
      report(),
      'is answered already; start another one',
    ],
    [
      'with too few values',
      after(started),
      report([{ ...battery, powerW: [1] }]),
      'Resource battery has 1 values of powerW; give each resource once, with 2 values.',
    ],
    [
      'with too many values of reactive power',
      after(started),
      report([{ ...battery, powerVar: [1, 2, 3] }]),
      'has 3 values of powerVar',
    ],
    ['with a resource twice', after(started), report([battery, battery]), 'battery comes twice'],
  ])('is not answered: %s', (_, state, given, reason) => {
    const answer = { kind: 'report', report: given } as const;
    expect(() => derControlDecider.decide(answer, state)).toThrow(reason);
  });
});
