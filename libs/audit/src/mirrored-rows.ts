/**
 * Rows that a log took from another organisation's, as its own record of the mirror names them (ADR 16). What
 * the other market or certifier decided (sessions, settlements, awards, certificates) cannot be computed
 * again here: a party is shown its own rows only, and the transactions named are of the other one's chain.
 */
import type { StoredRow } from '@flexledger/domain';

/** The mirror that each row was taken by, by the event's id; what is of this log's own is not in it. */
export type MirroredRows = ReadonlyMap<string, string>;

const DECIDED_STREAM = /^(session|settlement)-/;
const DECIDED_TYPES: ReadonlySet<string> = new Set([
  'AgreementCertified',
  'AgreementEndCertified',
  'TokensAwarded',
]);

/** Passes over what others decided, and says how much that was. */
export function createForeignDecisions(mirrored: MirroredRows) {
  const passed = new Map<string, number>();
  return {
    /** Whether another organisation decided what a row says. */
    passesOver({ id, streamId, type }: Pick<StoredRow, 'id' | 'streamId' | 'type'>): boolean {
      const mirror = mirrored.get(id);
      if (mirror === undefined) return false;
      if (!DECIDED_STREAM.test(streamId) && !DECIDED_TYPES.has(type)) return false;
      passed.set(mirror, (passed.get(mirror) ?? 0) + 1);
      return true;
    },
    /** What is not excluded by having passed them over, a sentence a mirror. */
    notExcluded: (): string[] =>
      [...passed].map(
        ([mirror, rows]) =>
          `that ${rows} events taken from "${mirror}" say another thing than it decided: they were ` +
          `not computed again here (audit its log, and hold both together with --against ${mirror}=FOLDER)`,
      ),
  };
}
