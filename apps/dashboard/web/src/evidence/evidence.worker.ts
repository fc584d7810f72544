/**
 * Computes apart from the page, with the code of the audit: makes a session's bundle, audits bundles, and
 * looks for what else the market could have chosen.
 */
import { readBundle } from '@flexledger/audit';
import { answerJobs } from './ask-worker';
import { auditFile, makeAndAudit, reaudit, replayUnder, rivalsOf } from './work';
import type { Answer, Job } from './jobs';

answerJobs<Job>(answerTo);

function answerTo(job: Job): Promise<Answer> {
  switch (job.kind) {
    case 'session':
      return makeAndAudit(job);
    case 'bundle':
      return reaudit(readBundle(job.bundle), job.trust, job.isChanged);
    case 'file':
      return auditFile(job.file, job.trust, job.keys);
    case 'rivals':
      return rivalsOf(job);
    case 'replay':
      return replayUnder(job);
  }
}
