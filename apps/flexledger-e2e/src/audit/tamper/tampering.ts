/** One way to tamper with a day, and what has to become of it when it is audited. */
import type { AuditReport, CheckName, TrustPolicy } from '@flexledger/audit';
import type { HonestDay, Shown, TrustHeld } from './honest-day';

/** As `docs/verify/trust.md` names them. */
export type Adversary =
  | 'outsider'
  | 'stolen node'
  | 'aggregator'
  | 'operator'
  | 'operator, chain'
  | 'operator, chain, quorum';

/**
 * `caughtBy`: exactly these checks fail. `notExcluded`: every check holds, for the reason given, which
 * `docs/verify/trust.md` has to say too. `refused`: it is told in these words,
 * before an audit begins or, of read models, in the place of one.
 */
export type Outcome =
  | { readonly caughtBy: readonly CheckName[] }
  | { readonly notExcluded: string }
  | { readonly refused: RegExp };

export interface Tampering {
  readonly adversary: Adversary;
  readonly what: string;
  /** What the auditor holds, in words for the table. */
  readonly trust: string;
  readonly outcome: Outcome;
  audit(day: HonestDay): Promise<AuditReport>;
}

/** Exactly these checks fail. */
export const caught = (...caughtBy: CheckName[]): Outcome => ({ caughtBy });
export const notExcluded = (why: string): Outcome => ({ notExcluded: why });
export const refused = (words: RegExp): Outcome => ({ refused: words });

/** Rows and chain as the adversary shows them, audited with what the auditor holds. */
export function tampering(
  adversary: Adversary,
  what: string,
  [trust, outcome]: readonly [TrustHeld, Outcome],
  show: (day: HonestDay) => Shown | Promise<Shown>,
): Tampering {
  const audit = async (day: HonestDay) => day.audited(await show(day), trust);
  return { adversary, what, trust, outcome, audit };
}

/** The honest day, audited with a trust file that somebody changed. */
export function trustChanged(
  what: string,
  outcome: Outcome,
  change: (trust: TrustPolicy) => TrustPolicy,
): Tampering {
  return {
    adversary: 'outsider',
    what,
    trust: 'edited',
    outcome,
    audit: (day) => day.audited(day, change(day.trust('seen')!)),
  };
}
