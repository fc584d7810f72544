/** The audit of a data folder, in which nothing is changed: opens log and chain for `@flexledger/audit`. */
import {
  type AuditReport,
  type LogContents,
  type TrustPolicy,
  CONTENTS_TYPES,
  auditStretches,
  contentsOf,
} from '@flexledger/audit';
import { logFile } from '@flexledger/event-store';
import { readChain } from './chain-snapshot';
import { withAuditThreads } from './audit-threads';
import { type ExaminingThreads, examinedApart, examiningThreads } from './examined-apart';
import { readServedLog } from './served-log';
import { type StoredLog, asFarAsReadable, openStore, storedLogIn } from './stored-log';

/** What is to be audited, against which chain. */
export interface AuditOptions {
  readonly dataDir: string;
  /** Of a server that keeps the log; the folder's own when absent. */
  readonly logUrl?: string;
  /** One market session and what its result rests on; the whole log when absent. */
  readonly sessionId?: string;
  /** Of the chain that holds the anchors; the embedded chain of the folder when absent. */
  readonly rpcUrl?: string;
  /** What the auditor holds of the log from before. */
  readonly trust?: TrustPolicy;
}

/** Told how many events have been read, and what part of the log that is, 0 to 1. */
export type OnProgress = (done: number, part: number) => void;

/**
 * Audits a log against the chain.
 *
 * @throws LogDamaged when the folder holds no log that can be read at all
 * @throws SessionNotAuditable when the log has no such session
 */
export async function auditLog(
  options: AuditOptions,
  onProgress: OnProgress = () => {},
): Promise<AuditReport> {
  const { dataDir, logUrl } = options;
  const threads = examiningThreads();
  const opening =
    logUrl === undefined
      ? openedFile(logFile(dataDir), threads)
      : whole(await readServedLog(logUrl, dataDir));
  const { store } = opening;
  try {
    // Where the log grows meanwhile, no anchor is looked for that the chain did not have when it was asked.
    const head = await store.head();
    const looked = opening.lookedOver(head);
    looked.catch(() => undefined); // told below, if nothing else is before
    const contents = await readContents({ store });
    const chain = await readChain(options, contents);
    const log = await looked;
    const { sessionId, trust } = options;
    const basis = { contents, chain, sessionId, ...(trust && { trust }) };
    return await withAuditThreads((tools) =>
      auditStretches(
        examinedApart({ log, head, contents }, tools, threads),
        basis,
        tools,
        (done, position) => onProgress(done, position / Math.max(1, head)),
      ),
    );
  } finally {
    await threads.close();
    await opening.close();
  }
}

/** A log of which some may be read while the rest of it is looked over. */
interface Opening extends Pick<StoredLog, 'store' | 'close'> {
  lookedOver(head: number): Promise<StoredLog>;
}

function openedFile(file: string, threads: ExaminingThreads): Opening {
  const opened = openStore(file);
  let log: StoredLog | undefined;
  return {
    store: opened.store,
    async lookedOver(head) {
      log = storedLogIn(opened, await threads.faultsOf(file, head));
      return log;
    },
    close: () => (log ?? opened.store).close(),
  };
}

const whole = (log: StoredLog): Opening => ({
  store: log.store,
  lookedOver: () => Promise.resolve(log),
  close: () => log.close(),
});

/** What has to be known of the log first, as far as it can be read: the pass over all rows names the rest. */
export function readContents({ store }: Pick<StoredLog, 'store'>): Promise<LogContents> {
  return contentsOf(asFarAsReadable(store.readAll({ filter: { types: CONTENTS_TYPES } })));
}
