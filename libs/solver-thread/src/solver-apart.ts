/**
 * HiGHS in a thread of its own, for a process that has others to answer: a session with hard offers may take it a
 * minute. The answers are the same.
 */
import { createWorkThread } from '@flexledger/runtime';
import type { LoadSolver } from '@flexledger/solver';
import type { SolveJob, Solved } from './solve-thread';

/** Beyond the limits that each model has itself; HiGHS looks at its own between its steps only. */
const MOST_SECONDS = 300;
/** Its own memory, WebAssembly's, does not count, and has a bound of 4 GiB. */
const MOST_HEAP_MB = 1_000;

/** The thread starts with the first model; models are solved one after another. */
export function solverApart(): LoadSolver {
  const thread = createWorkThread<SolveJob, Solved>({
    name: 'search of HiGHS',
    file: require.resolve('./solve-thread'),
    mostSeconds: MOST_SECONDS,
    mostHeapMb: MOST_HEAP_MB,
  });
  let name: Promise<string> | undefined;
  return async () => {
    name ??= thread.run({}).then((solved) => solved.name);
    name.catch(() => (name = undefined));
    return {
      name: await name,
      solve: async (model) => (await thread.run({ model })).answer!,
    };
  };
}
