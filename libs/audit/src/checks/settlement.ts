/**
 * Every settlement computed again from what the log held before it: the published rows of the day's
 * sessions, baselines and signed measurements; the root over its rows with their salts; its totals; and that a
 * correction corrects something.
 */
import {
  type Sha256,
  isSalted,
  rowEntry,
  settleFrom,
  settlementDecider,
  toHex,
  withoutSalt,
} from '@flexledger/domain';
import { merkleRoot } from '@flexledger/merkle-log';
import type { EventCheck, LoggedOf } from '../logged-event';
import { createPartCollector, firstDifferentPart, sameBytes } from '../parts';
import type { Replay } from '../replay';
import type { Findings } from '../report';
import type { Scope } from '../scope';

type Computed = LoggedOf<'SettlementComputed'>;
type Published = LoggedOf<'SettlementPublished'>;

/** Computes every settlement in scope again. */
export function createSettlementCheck(
  replay: Replay,
  scope: Scope,
  sha256: Sha256,
  findings: Findings,
): EventCheck {
  const settlements = createPartCollector<Computed>();
  /** Of a log that is salted once all later settlements are. */
  let isEverSalted = false;

  async function computed(event: Computed): Promise<void> {
    const { sessionId, correction } = event.data;
    const parts = settlements.take(`${sessionId}/${correction}`, event);
    if (!parts || !scope.settlement(sessionId)) return;
    findings.checked();
    const session = replay.scheduled(sessionId);
    if (session.status !== 'published') {
      return findings.fail(parts[0], `it settles a session that was ${session.status}`);
    }
    const rules = replay.rulesOf(session);
    const ofTheDay = replay.sessionsOfDay(session);
    const expected = await settleFrom(replay.metering(rules), session, ofTheDay, rules, sha256);
    const unsalted = ({ data }: Computed): readonly unknown[] => data.rows.map(withoutSalt);
    const different = firstDifferentPart(parts, unsalted, expected.rows);
    if (different) {
      return findings.fail(different.part, `row ${different.row} is not what settling anew gives`);
    }
    const before = replay.settlement(sessionId).settlements[correction - 1];
    if (before && sameBytes(before.rows.map(withoutSalt), expected.rows)) {
      return findings.fail(
        parts[0],
        `it corrects nothing: settlement ${correction - 1} has its rows`,
      );
    }
    const ofRoot = rowsRootFault(parts);
    if (ofRoot) return findings.fail(parts.at(-1), ofRoot);
    const foreign = parts.find(({ data }) => data.inputDigest !== expected.inputDigest);
    if (!foreign) return;
    const { inputDigest } = foreign.data;
    findings.fail(foreign, `inputDigest is ${inputDigest}, computed anew ${expected.inputDigest}`);
  }

  /** What is wrong with the salts and the root of a settlement. */
  function rowsRootFault(parts: readonly Computed[]): string | undefined {
    const rows = parts.flatMap(({ data }) => data.rows);
    const roots = new Set(parts.map(({ data }) => data.rowsRoot));
    const isBefore = roots.has(undefined) && roots.size === 1;
    if (isBefore && !isEverSalted && rows.every(({ salt }) => salt === undefined)) return undefined;
    isEverSalted = true;
    const salted = rows.filter(isSalted);
    if (salted.length < rows.length)
      return `${rows.length - salted.length} of its rows have no salt`;
    if (new Set(salted.map(({ salt }) => salt)).size < salted.length)
      return 'two rows share a salt';
    const root = toHex(merkleRoot(sha256, salted.map(rowEntry)));
    return roots.size === 1 && roots.has(root)
      ? undefined
      : `the root over its rows is ${root}, recorded is ${[...roots].join(', ')}`;
  }

  function published(event: Published): void {
    const { sessionId } = event.data;
    if (!scope.settlement(sessionId)) return;
    findings.checked();
    const state = replay.settlement(sessionId);
    const command = { kind: 'publishSettlement', sessionId } as const;
    const [expected] = settlementDecider.decide(command, state);
    if (expected && sameBytes(expected.data, event.data)) return;
    if (expected && sameBytes(asOneSum(expected.data as Published['data']), event.data)) return;
    findings.fail(event, 'its totals are not those of the settlement that was computed');
  }

  return {
    findings,
    types: ['SettlementComputed', 'SettlementPublished'],
    see: (event) =>
      event.type === 'SettlementComputed' ? computed(event) : published(event as Published),
  };
}

/** Totals as they were written before those of reactive power stood apart. */
function asOneSum(totals: Published['data']): object {
  const { acceptedVarMtu = 0, deliveredVarMtu = 0, ...others } = totals;
  return {
    ...others,
    acceptedWMtu: totals.acceptedWMtu + acceptedVarMtu,
    deliveredWMtu: totals.deliveredWMtu + deliveredVarMtu,
  };
}
