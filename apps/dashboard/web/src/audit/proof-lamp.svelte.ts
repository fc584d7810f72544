/** The lamp of the frame: whether this browser finds the log as it should be. */
import { asProblem } from '../data/problem';
import { duration } from '../parts/words';

const EVERY_MS = 60_000;

let state = $state<'waiting' | 'checking' | 'good' | 'bad'>('waiting');
let detail = $state('The log is checked once the page is there.');

export const proof = {
  get state() {
    return state;
  },
  get detail() {
    return detail;
  },
};

/** Checks now and then; the code for it is loaded after the page. */
export async function followProof(): Promise<void> {
  await checkOnce();
  setInterval(() => {
    if (!document.hidden) void checkOnce();
  }, EVERY_MS);
}

async function checkOnce(): Promise<void> {
  const begunMs = performance.now();
  if (state === 'waiting') state = 'checking';
  try {
    const [{ checkLog }, { verdictOf }] = await Promise.all([
      import('./check-log'),
      import('./steps'),
    ]);
    const { steps, checkpoint } = await checkLog();
    const bad = steps.find((step) => step.state === 'bad');
    // Before the first checkpoint there is nothing that could hold.
    state = checkpoint || bad ? verdictOf(steps) : 'waiting';
    detail = bad
      ? `${bad.name}: ${bad.detail}`
      : !checkpoint
        ? 'No checkpoint is sealed yet.'
        : `Signature and consistency computed here in ${duration(performance.now() - begunMs)}.`;
  } catch (error) {
    // What could not be asked is neither good nor bad.
    if (state !== 'bad') state = 'waiting';
    detail = asProblem(error).message;
  }
}
