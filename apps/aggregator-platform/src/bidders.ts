/**
 * Aggregators that act by themselves come and go while the platform runs, so a processor is none of
 * theirs: at its instant it asks who bids, and gives each a task of its own. One that fails holds up
 * none of the others.
 */
import type { Aggregator } from './aggregator';
import type { PersistentTask, PersistentTasks } from './persistent-tasks';

/** The aggregators that have declared costs by now. */
export type Bidders = () => Promise<readonly Aggregator[]>;

/**
 * Arms a task that, when its instant comes, arms one for each aggregator: `AGG1/bid/...`. Costs declared
 * later count from the next one on.
 *
 * @param runOf what an aggregator does; MUST do nothing twice
 */
export function armForEach(
  { name, ...task }: Omit<PersistentTask, 'run'>,
  { tasks, bidders }: { readonly tasks: Pick<PersistentTasks, 'arm'>; readonly bidders: Bidders },
  runOf: (aggregator: Aggregator) => Promise<void>,
): void {
  tasks.arm({
    name,
    ...task,
    run: async () => {
      for (const aggregator of await bidders()) {
        const own = `${aggregator.aggregatorId}/${name}`;
        tasks.arm({ ...task, name: own, run: () => runOf(aggregator) });
      }
    },
  });
}
