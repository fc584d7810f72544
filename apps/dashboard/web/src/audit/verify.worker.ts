/** Runs the checks apart from the page, which goes on answering while a signature is computed. */
import { answerJobs } from '../evidence/ask-worker';
import * as checks from './verify';
import type { CheckJob } from './checks';

answerJobs(({ check, args }: CheckJob) =>
  (checks[check] as (...given: readonly unknown[]) => unknown)(...args),
);
