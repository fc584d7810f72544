import { canonicalJson } from '../log/canonical-json';
import { type Decider, DomainError, type Violation } from '../log/decider';
import type { DerControlEvent, DerControlReported, DerControlStarted, DerSetpoint } from './events';

/** What is done with a run. */
export type DerControlCommand =
  | { readonly kind: 'start'; readonly run: DerControlStarted['data'] }
  | { readonly kind: 'report'; readonly report: DerControlReported['data'] };

/** How a run of DER control stands; null before it was started. */
export interface DerControlState {
  readonly run: DerControlStarted['data'];
  readonly setpoints: readonly DerSetpoint[] | null;
}

/** A run is started once and answered once; the same said again adds nothing. */
export const derControlDecider: Decider<
  DerControlState | null,
  DerControlCommand,
  DerControlEvent
> = {
  initialState: null,
  decide(command, state) {
    if (command.kind === 'start') {
      return state ? [] : [{ type: 'DerControlStarted', data: command.run }];
    }
    const { report } = command;
    if (!state || state.run.gridId !== report.gridId) throw unknownRun(report.runId);
    if (state.setpoints) {
      if (canonicalJson(state.setpoints) === canonicalJson(report.setpoints)) return [];
      const message = `Run ${report.runId} of DER control is answered already; start another one.`;
      throw new DomainError('der-control-reported', message);
    }
    requireSetpoints(report.setpoints, state.run.mtuCount);
    return [{ type: 'DerControlReported', data: report }];
  },
  evolve(state, event) {
    if (event.type === 'DerControlStarted') return { run: event.data, setpoints: null };
    return state && { ...state, setpoints: event.data.setpoints };
  },
};

/** The refusal for a run that there is not. */
export function unknownRun(runId: string): DomainError {
  const message = `There is no run ${runId.slice(0, 100)} of DER control on this grid.`;
  return new DomainError('der-control-unknown', message);
}

/** @throws DomainError `der-control-malformed` naming each resource at fault */
function requireSetpoints(setpoints: readonly DerSetpoint[], mtuCount: number): void {
  const seen = new Set<string>();
  const violations = setpoints.flatMap(({ resourceId, powerW, powerVar }): Violation[] => {
    const reasons = [
      ...(seen.has(resourceId) ? ['comes twice'] : []),
      ...(powerW.length === mtuCount ? [] : [`has ${powerW.length} values of powerW`]),
      ...(powerVar.length === mtuCount ? [] : [`has ${powerVar.length} values of powerVar`]),
    ];
    seen.add(resourceId);
    return reasons.map((reason) => ({ field: resourceId, reason }));
  });
  const [first] = violations;
  if (!first) return;
  const message = `Resource ${first.field} ${first.reason}; give each resource once, with ${mtuCount} values.`;
  throw new DomainError('der-control-malformed', message, violations);
}
