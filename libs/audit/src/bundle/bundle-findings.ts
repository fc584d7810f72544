/** Which checks a bundle or a proof undergoes, and what becomes of their findings. */
import type { ChainSnapshot } from '../chain-snapshot';
import { type AuditReport, type CheckName, type Findings, createFindings } from '../report';
import type { TrustPolicy } from '../trust-policy';

const NAMES = [
  'hashes',
  'versions',
  'order',
  'gates',
  'signatures',
  'checkpoints',
  'inclusion',
  'anchors',
  'times',
  'trust',
  'clearing',
  'validation',
  'settlement',
] as const satisfies readonly CheckName[];

/** What each check of a bundle found. */
export type BundleFindings = Readonly<Record<(typeof NAMES)[number], Findings>>;

/** What a bundle is checked against; without `chain` where nothing of one is pinned, as in a browser. */
export type BundleTrust = Omit<TrustPolicy, 'chain'> & Partial<Pick<TrustPolicy, 'chain'>>;

/** What an auditor has beside a bundle. */
export interface BundleBasis {
  readonly trust: BundleTrust;
  /** Why it was not read, where that is so. */
  readonly chain: ChainSnapshot | string;
  /** The chain was to be asked: where it was not read, the anchor is unchecked, and nothing holds by it. */
  readonly isChainAsked?: boolean;
}

/** Nothing found yet. */
export function emptyFindings(): BundleFindings {
  return Object.fromEntries(
    NAMES.map((name) => [name, createFindings(name)]),
  ) as unknown as BundleFindings;
}

/** @param open what is not excluded, a sentence each */
export function reportOf(findings: BundleFindings, open: readonly string[]): AuditReport {
  const checks = NAMES.map((name) => findings[name].report());
  return {
    ok: checks.every(({ ok }) => ok),
    checks,
    notExcluded: open,
    // What is shown does not show that its checkpoint goes on from the one seen: the file goes on with that one.
    lastCheckpoint: null,
    logKeys: null,
    contracts: null,
  };
}
