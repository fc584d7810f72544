/** One simulated day in a process of its own, so that whoever has it simulated goes on answering meanwhile. */
import { messageOf } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { simulateDay } from './simulate-day';
import type { ChildAnswer, ChildRequest } from './simulate-in-child';

const say = (answer: ChildAnswer): void => void process.send?.(answer);

async function run({ rules, ...day }: ChildRequest): Promise<void> {
  try {
    const simulated = await simulateDay({
      ...day,
      rules: loadRulePack(rules),
      progress: { update: (done, what) => say({ done, what }), end: () => {} },
      onProblem: (problem) => say({ problem }),
    });
    say({ simulated });
  } catch (error) {
    say({ error: messageOf(error), name: error instanceof Error ? error.name : 'Error' });
  }
}

process.once('message', (request: ChildRequest) => {
  void run(request).finally(() => process.disconnect());
});
// A terminal sends it to both; the one who asked says when to end.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
