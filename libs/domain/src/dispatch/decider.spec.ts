/** An aggregator says once what its dispatch of a window came to, the worst first. */
import { givenOf } from '../testing/decider-spec';
import { type ReportDispatch, dispatchDecider } from './decider';
import { type DispatchReported, type InfeasibleMtu, INFEASIBLE_MTUS_SHOWN } from './events';

const given = givenOf(dispatchDecider);
const window = { aggregatorId: 'AGG1', windowStart: '2026-03-17T03:00:00.000Z' };
const missing = (podId: string, changeW: number): InfeasibleMtu => ({
  podId,
  mtu: 0,
  soldChangeW: -500,
  changeW,
  limit: 'ramp',
});
const report = (infeasible: readonly InfeasibleMtu[], setpoints = 3): ReportDispatch => ({
  ...window,
  setpoints,
  infeasible,
});
const reported = (infeasible: readonly InfeasibleMtu[], infeasibleMtus = infeasible.length) =>
  ({
    type: 'DispatchReported',
    data: { ...window, setpoints: 3, infeasibleMtus, infeasible },
  }) satisfies DispatchReported;

it('reports a window, also one in which everything is feasible', () => {
  given().when(report([])).then(reported([]));
});

it('puts first what misses most', () => {
  const [little, much] = [missing('A', -400), missing('B', 0)];
  given()
    .when(report([little, much]))
    .then(reported([much, little]));
});

it('reports it once, whatever is known later', () => {
  const past = reported([missing('A', -400)]);
  given(past)
    .when(report([missing('A', -400)]))
    .then();
  given(past).when(report([])).then();
});

it('lists no more than an event can hold, and counts them all', () => {
  const all = Array.from({ length: INFEASIBLE_MTUS_SHOWN + 5 }, (_, index) =>
    missing(`P${index}`, -400),
  );
  given()
    .when(report(all))
    .then(reported(all.slice(0, INFEASIBLE_MTUS_SHOWN), all.length));
});
