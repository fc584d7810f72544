import { DomainError, type Decider } from '../log/decider';
import type { BalancingEvent, BalancingJobCompleted } from './events';

/** What is done with a job. */
export type BalancingCommand =
  | { readonly kind: 'complete'; readonly job: BalancingJobCompleted['data'] }
  | { readonly kind: 'delete'; readonly jobId: string };

type JobState = 'none' | 'completed' | 'deleted';

/** A job is completed once and deleted once. */
export const balancingDecider: Decider<JobState, BalancingCommand, BalancingEvent> = {
  initialState: 'none',
  decide(command, state) {
    if (command.kind === 'complete') {
      return state === 'none' ? [{ type: 'BalancingJobCompleted', data: command.job }] : [];
    }
    if (state === 'completed') {
      return [{ type: 'BalancingJobDeleted', data: { jobId: command.jobId } }];
    }
    throw unknownJob(command.jobId);
  },
  evolve: (_, { type }) => (type === 'BalancingJobCompleted' ? 'completed' : 'deleted'),
};

/** The refusal for a job that there is not, or not any more. */
export function unknownJob(jobId: string): DomainError {
  return new DomainError(
    'balancing-job-refused',
    `There is no balancing job ${jobId.slice(0, 100)}; GET /balancing/ lists those that there are.`,
  );
}
