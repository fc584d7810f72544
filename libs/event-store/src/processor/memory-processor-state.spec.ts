import { memoryProcessorState } from './memory-processor-state';
import { describeProcessorStateContract } from './testing/processor-state.spec-suite';

describeProcessorStateContract('memory', async (clock) => {
  const state = memoryProcessorState(clock);
  return { one: state, other: state, cleanup: () => state.close() };
});
