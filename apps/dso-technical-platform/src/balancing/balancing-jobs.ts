/** Balancing jobs: worked out when they come in, each an event. */
import {
  type BalancingCommand,
  type BalancingEvent,
  type BalancingJobCompleted,
  DomainError,
  balancingDecider,
  balancingModel,
  balancingStream,
  ruleBasedMoment,
  ruleBasedSchedule,
  scheduleOf,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import type { LoadSolver } from '@flexledger/solver';
import type { BalancingJob } from './pymfm-input';

type Completed = BalancingJobCompleted['data'];

/** Balancing jobs of a log. */
export interface BalancingJobs {
  /**
   * Works a job out and keeps it; under the same command id once.
   *
   * @throws DomainError `balancing-job-unmatched` where no schedule keeps all limits
   */
  complete(job: BalancingJob, context: CommandContext): Promise<Completed>;
  /** @throws DomainError `balancing-job-refused` where there is none */
  remove(jobId: string, context: CommandContext): Promise<void>;
}

/** As `BalancingJobs`, by the rules of `balancingDecider` and a solver. */
export function createBalancingJobs(
  store: EventStore,
  clock: Clock,
  loadSolver: LoadSolver,
): BalancingJobs {
  const handler = createCommandHandler<
    'none' | 'completed' | 'deleted',
    BalancingCommand,
    BalancingEvent
  >({
    store,
    clock,
    decider: balancingDecider,
  });
  return {
    async complete(job, context) {
      const jobId = uuidFrom(`balancing ${context.commandId}`);
      const completed = { jobId, ...job, ...(await workedOut(job, loadSolver)) };
      const command = { kind: 'complete', job: completed } as const;
      const { events } = await handler.handle(balancingStream(jobId), command, context);
      return (events[0]?.data ?? completed) as Completed;
    },
    async remove(jobId, context) {
      await handler.handle(balancingStream(jobId), { kind: 'delete', jobId }, context);
    },
  };
}

async function workedOut(
  { control, plan, moment }: BalancingJob,
  loadSolver: LoadSolver,
): Promise<Pick<Completed, 'schedule' | 'solver'>> {
  if (moment) return { schedule: ruleBasedMoment(moment), solver: null };
  if (control === 'rule-based') return { schedule: ruleBasedSchedule(plan!), solver: null };
  const { name, solve } = await loadSolver();
  const model = balancingModel(plan!);
  const { columnValue } = await solve(model);
  if (columnValue) return { schedule: scheduleOf(plan!, columnValue), solver: name };
  throw new DomainError(
    'balancing-job-unmatched',
    `No schedule keeps all limits of the job at once, as far as ${model.limits.timeLimitSeconds} s of search can ` +
      'tell; widen P_net_after_kW_limitation, the bulk window or its energy, leave final_SoC open, or ask for fewer ' +
      'steps or batteries.',
  );
}
