/** The certifier opens itself: checkpoints and anchors of a log, and proofs for everybody. */
import type { EventStore, Processor } from '@flexledger/event-store';
import type { LogSigner } from './keys/log-signer';
import { type AnyView, type Views, certifierView, checkpointsView } from '@flexledger/projections';
import { type Clock, type Timers, messageOf } from '@flexledger/runtime';
import type { OpenedPlatform, PartyLog } from '@flexledger/service-kit';
import type { Anchors } from './anchoring/anchors';
import type { AccessLedger } from './data-access/access-ledger';
import { createAccessRecording } from './data-access/access-recording';
import { oldestUnanchored } from './anchoring/unanchored';
import { CertifierModule } from './certifier.module';
import { createCertifiedLog } from './leaves/certified-log';
import { createAnchorCounts } from './proofs/anchor-counts';
import { openLeafStore } from './leaves/leaf-store';
import type { CertifierPolicy } from './policy';
import { askWitnesses } from './witnessing/witnesses';
import { type Certifier, type CertifierChain, createCertifier } from './sealing/sealing';

export interface CertifierOptions {
  readonly log: EventStore;
  /** The same log as each party is shown it. */
  readonly shown: PartyLog;
  /** Fold `certifierViews` at least. */
  readonly views: Views;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly anchors: Anchors;
  /** Where grants of data are recorded; nowhere where absent. */
  readonly access?: {
    readonly ledger: AccessLedger;
    /** How long a grant waits for others of its batch, s. */
    readonly everySeconds: number;
  };
  /** Name under which checkpoints are signed. */
  readonly origin: string;
  readonly signer: LogSigner;
  /** Verifier key that alone ends a key of the log; named in it, where it names none yet. */
  readonly recoveryKey?: string | undefined;
  /** Keys that the log may still be signed with: the one that it is hands over to `signer` at the start. */
  readonly before?: readonly LogSigner[];
  readonly chain: CertifierChain;
  /** Folder of its own, where it keeps its leaves between two starts; `:memory:` for none. */
  readonly folder: string;
  readonly policy: CertifierPolicy;
  readonly onProblem: (problem: string) => void;
}

export interface OpenedCertifier extends OpenedPlatform {
  readonly certifier: Certifier;
  /** When the oldest event was recorded that stands in no anchor; undefined where all do. */
  oldestUnanchored(): Promise<string | undefined>;
}

/** The views that its routes read. */
export const certifierViews: readonly AnyView[] = [checkpointsView, certifierView];

/**
 * Opens it. Proofs are given from then on; its processor names the certifier in the log and seals
 * regularly, which one of several instances does.
 *
 * @throws DomainError `another-certifier` when the log is certified by another key or in other contracts
 */
export async function openCertifier(options: CertifierOptions): Promise<OpenedCertifier> {
  const { log, shown, views, folder, policy, onProblem } = options;
  const leaves = openLeafStore(folder, onProblem);
  const certified = createCertifiedLog({ log, leaves, onProblem });
  const witnesses = askWitnesses(policy.witnesses, onProblem);
  const certifier = createCertifier({ ...options, certified, witnesses });
  try {
    await certifier.requireOwnLog();
  } catch (error) {
    leaves.close();
    throw error;
  }
  let stop = async (): Promise<void> => {};
  return {
    http: CertifierModule.register({
      log,
      shown,
      certified,
      anchorCounts: createAnchorCounts(log),
      documents: views.documents,
    }),
    processors: [
      {
        name: 'certifier/sealing',
        types: [],
        handle: async () => {},
        async begin({ signal }) {
          await certifier.start();
          await stop();
          stop = certifier.sealRegularly();
          signal.addEventListener('abort', () => void stop(), { once: true });
        },
      },
      ...recordingOf(options),
    ],
    certifier,
    oldestUnanchored: () => oldestUnanchored(log, certified),
    async close() {
      await stop();
      leaves.close();
    },
  };
}

/** The processor that records grants. */
function recordingOf({ access, onProblem, ...common }: CertifierOptions): Processor[] {
  if (!access) return [];
  const { ledger, everySeconds: batchEverySeconds } = access;
  const onError = (error: unknown): void =>
    onProblem(`certifier, data access: ${messageOf(error)}`);
  return [createAccessRecording({ ...common, ledger, batchEverySeconds, onError })];
}
