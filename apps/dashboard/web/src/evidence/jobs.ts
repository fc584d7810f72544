/** What the page asks its worker, and what comes back. */
import type {
  AuditReport,
  Bundle,
  BundleSubject,
  BundleTrust,
  ReplayComparison,
} from '@flexledger/audit';
import type { RulePack } from '@flexledger/domain';
import type { CloudEvent } from './recorded';
import type { CertifiedLog } from './session-bundle';

export type Job =
  /** Makes the bundle of a session of events as the interface gave them, and audits it. */
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      readonly events: readonly CloudEvent[];
      readonly log: CertifiedLog;
      readonly trust: BundleTrust;
    }
  /** Audits a bundle as it was received; `isChanged` changes a byte of it before. */
  | {
      readonly kind: 'bundle';
      readonly bundle: unknown;
      readonly trust: BundleTrust;
      readonly isChanged: boolean;
    }
  /** Audits a file, against another file where there is one. */
  | {
      readonly kind: 'file';
      readonly file: File;
      readonly trust: File | undefined;
      /** Undefined where no log was met yet; then a trust file is needed. */
      readonly keys: BundleTrust | undefined;
    }
  | { readonly kind: 'rivals'; readonly sessionId: string; readonly events: readonly CloudEvent[] }
  /** The session once more, under other rules. */
  | {
      readonly kind: 'replay';
      readonly sessionId: string;
      readonly events: readonly CloudEvent[];
      readonly rules: RulePack;
    };

/** A choice of which no other is better in everything. */
export interface Rival {
  readonly costMicroEur: number;
  /** Mean of what is accepted; null where nothing is. */
  readonly reliabilityPerMille: number | null;
  readonly podsActivated: number;
  /** W x MTU. */
  readonly servedWMtu: number;
}

export type Answer =
  | {
      readonly kind: 'audited';
      readonly of: BundleSubject | undefined;
      readonly events: number;
      readonly report: AuditReport;
      readonly bundle: Bundle | undefined;
      readonly tookMs: number;
    }
  | {
      readonly kind: 'rivals';
      readonly points: readonly Rival[];
      /** What the market chose; found again under the session's rules. */
      readonly chosen: Rival;
      readonly tookMs: number;
    }
  | {
      readonly kind: 'replayed';
      readonly comparison: ReplayComparison;
      readonly tookMs: number;
    }
  | { readonly kind: 'refused'; readonly reason: string };
