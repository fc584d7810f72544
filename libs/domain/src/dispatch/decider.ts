import type { Decider } from '../log/decider';
import { type DispatchReported, type InfeasibleMtu, INFEASIBLE_MTUS_SHOWN } from './events';

/** The dispatch of one window as it was computed, every infeasible MTU included. */
export interface ReportDispatch {
  readonly aggregatorId: string;
  readonly windowStart: string;
  readonly setpoints: number;
  readonly infeasible: readonly InfeasibleMtu[];
}

/** The report that stands; undefined before the first. */
export type DispatchState = DispatchReported['data'] | undefined;

/** A window is reported once; a report that says something else follows the one before. */
export const dispatchDecider: Decider<DispatchState, ReportDispatch, DispatchReported> = {
  initialState: undefined,
  decide({ aggregatorId, windowStart, setpoints, infeasible }, state) {
    const missedW = ({ soldChangeW, changeW }: InfeasibleMtu): number =>
      Math.abs(soldChangeW - changeW);
    const worst = [...infeasible].sort((one, other) => missedW(other) - missedW(one));
    const data = {
      ...{ aggregatorId, windowStart, setpoints, infeasibleMtus: infeasible.length },
      infeasible: worst.slice(0, INFEASIBLE_MTUS_SHOWN),
    };
    const isSame = state !== undefined && JSON.stringify(data) === JSON.stringify(inOrder(state));
    return isSame ? [] : [{ type: 'DispatchReported', data }];
  },
  evolve: (_, event) => event.data,
};

/** Fields in the order of `decide`: a log may give them back in another. */
function inOrder(state: NonNullable<DispatchState>): NonNullable<DispatchState> {
  const { aggregatorId, windowStart, setpoints, infeasibleMtus, infeasible } = state;
  return {
    ...{ aggregatorId, windowStart, setpoints, infeasibleMtus },
    infeasible: infeasible.map(({ podId, mtu, soldChangeW, changeW, limit }) => {
      return { podId, mtu, soldChangeW, changeW, limit };
    }),
  };
}
