/** What the thread of `solverApart` does. */
import type { MilpAnswer, MilpModel } from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';

/** A model to solve; without one the solver's name alone is asked for. */
export interface SolveJob {
  readonly model?: MilpModel;
}

/** With the solver's name and version. */
export interface Solved {
  readonly name: string;
  readonly answer?: MilpAnswer;
}

/** @throws what HiGHS throws of a model that is none */
export async function work({ model }: SolveJob): Promise<Solved> {
  const { name, solve } = await loadHighsSolver();
  return { name, ...(model && { answer: await solve(model) }) };
}
